import { type ConfigReader, readMongo, readProcess } from '@chat/service'
import { parseServiceAccount } from './senders/service-account.ts'

export type PushConfig = ReturnType<typeof readConfig>

export const readConfig = (read: ConfigReader) => ({
  ...readProcess(read),
  ...readMongo(read),
  /** Without it, pushes go to the log. */
  fcm: read.document('CHAT_FCM_CREDENTIALS', parseServiceAccount),
})
