import { Type } from 'typebox'
import { Text } from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

export const Platform = Type.Enum(['ANDROID', 'IOS', 'WEB'])
/** `token`: a push service's name of the device. Opaque; real ones are much shorter. */
const Device = Type.Object({ token: Text(1, 4096), platform: Platform })

export const pushOperations = forClients('push', {
  registerDevice: {
    summary: "Send the caller's pushes to this device; a former owner's stop",
    input: Device,
  },
  unregisterDevice: {
    summary: "Stop sending the caller's pushes to this device",
    input: Device,
  },
  setMentionAlarm: {
    summary: "Whether mentions are pushed although a room's alarm is off",
    input: Type.Object({ on: Type.Boolean() }),
  },
})
