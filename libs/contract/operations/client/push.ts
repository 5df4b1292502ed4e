import { Type } from 'typebox'
import { Result, Text } from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

/** What a push service calls a device by. Opaque, and far below this where it is a real one. */
const DeviceToken = Text(1, 4096)
export const Platform = Type.Enum(['ANDROID', 'IOS', 'WEB'])

const Device = Type.Object({ token: DeviceToken, platform: Platform })

/** What the push service does for clients. */
export const pushOperations = forClients('push', {
  registerDevice: {
    summary: 'Send pushes of the caller to this device, and of nobody else from now on',
    input: Device,
    output: Result,
  },
  unregisterDevice: {
    summary: 'Send no more pushes of the caller to this device',
    input: Device,
    output: Result,
  },
  setMentionAlarm: {
    summary: "Whether mentions reach the caller though a room's alarm is off",
    input: Type.Object({ on: Type.Boolean() }),
    output: Result,
  },
})
