import type { Handlers } from '@chat/contract'
import type { Parts } from './parts.ts'
import { collectUser, eraseUser } from './privacy/push-erasure.ts'

const done = { result: true }

export const handlers = (parts: Parts): Handlers<'push'> => ({
  registerDevice: async ({ userId }, device) => {
    await parts.devices.register(userId, device)
    return done
  },
  unregisterDevice: async ({ userId }, { token }) => {
    await parts.devices.unregister(userId, token)
    return done
  },
  setMentionAlarm: async ({ userId }, { on }) => {
    await parts.preferences.setMentionAlarm(userId, on)
    return done
  },
  listDevices: async (_caller, userId) => ({ devices: await parts.devices.list(userId) }),
  purgeRoomPushes: async (_caller, { roomId }) => {
    await parts.tasks.deleteRoom(roomId)
    return done
  },
  eraseUserInPushes: (_caller, input) => eraseUser(parts, input),
  exportUserFromPushes: (_caller, { userId }) => collectUser(parts, userId),
})
