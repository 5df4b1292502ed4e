import type { Handlers } from '@chat/contract'
import type { Parts } from './parts.ts'
import { collectUser, eraseUser } from './privacy/push-erasure.ts'

const done = (work: Promise<void>) => work.then(() => ({ result: true }))

export const handlers = (parts: Parts): Handlers<'push'> => ({
  registerDevice: ({ userId }, device) => done(parts.devices.register(userId, device)),
  unregisterDevice: ({ userId }, { token }) => done(parts.devices.unregister(userId, token)),
  setMentionAlarm: ({ userId }, { on }) => done(parts.preferences.setMentionAlarm(userId, on)),
  listDevices: async (_caller, userId) => ({ devices: await parts.devices.list(userId) }),
  purgeRoomPushes: (_caller, { roomId }) =>
    done(parts.tasks.deleteRoom(roomId).then(() => parts.failedEvents.removeRoom(roomId))),
  eraseUserInPushes: (_caller, input) => eraseUser(parts, input),
  exportUserFromPushes: (_caller, { userId }) => collectUser(parts, userId),
})
