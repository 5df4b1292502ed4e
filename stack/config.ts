import { readConfig as readFiles } from '@chat/files/config'
import { readConfig as readGateway } from '@chat/gateway/config'
import { readConfig as readMessages } from '@chat/messages/config'
import { readConfig as readPlatformApi } from '@chat/platform-api/config'
import { readConfig as readPush } from '@chat/push/config'
import { readConfig as readRooms } from '@chat/rooms/config'
import { ConfigReader } from '@chat/service'

export type Config = ReturnType<typeof readServices>

const readServices = (read: ConfigReader) => ({
  ...readGateway(read),
  ...readPlatformApi(read),
  ...readRooms(read),
  ...readMessages(read),
  ...readFiles(read),
  ...readPush(read),
  dataDir: read.text('CHAT_DATA_DIR') ?? '.chat-data',
})

/** All services' configuration. In development the caller makes up missing secrets. @throws ConfigError */
export function readConfig(
  env: Record<string, string | undefined>,
  isDevelopment: boolean,
  readText?: (path: string) => string,
): Config {
  const read = new ConfigReader(env, { isDevelopment, ...(readText && { readText }) })
  const config = readServices(read)
  const { fcm, fcmWeb } = config
  if (fcm && fcmWeb && fcm.projectId !== fcmWeb.projectId)
    read.wrong('CHAT_FCM_WEB', 'is of another project than CHAT_FCM_CREDENTIALS: no push would arrive', null)
  read.check()
  return config
}
