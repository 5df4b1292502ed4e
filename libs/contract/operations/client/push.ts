import { Type } from 'typebox'
import { Result, Text } from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

/** A push service's name of a device. Opaque; real ones are much shorter. */
const DeviceToken = Text(1, 4096)
export const Platform = Type.Enum(['ANDROID', 'IOS', 'WEB'])

const Device = Type.Object({ token: DeviceToken, platform: Platform })

/** What the push service does for clients. */
export const pushOperations = forClients('push', {
  registerDevice: {
    summary: "Send the caller's pushes to this device; a former owner's stop",
    input: Device,
    output: Result,
  },
  unregisterDevice: {
    summary: "Stop sending the caller's pushes to this device",
    input: Device,
    output: Result,
  },
  setMentionAlarm: {
    summary: "Whether mentions are pushed although a room's alarm is off",
    input: Type.Object({ on: Type.Boolean() }),
    output: Result,
  },
})
