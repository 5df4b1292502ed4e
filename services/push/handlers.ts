import type { Handlers } from '@chat/contract'
import type { Devices } from './devices/devices.ts'
import type { PreferenceStore } from './devices/preference-store.ts'
import { collectUser, eraseUser, type KeptData, purgeRoom } from './privacy/push-erasure.ts'

type Parts = { devices: Devices; preferences: PreferenceStore; keptData: KeptData }

const done = { result: true }

export const handlers = ({ devices, preferences, keptData }: Parts): Handlers<'push'> => ({
  registerDevice: async (caller, device) => {
    await devices.register(caller.userId, device)
    return done
  },
  unregisterDevice: async (caller, device) => {
    await devices.unregister(caller.userId, device)
    return done
  },
  setMentionAlarm: async (caller, { on }) => {
    await preferences.setMentionAlarm(caller.userId, on)
    return done
  },
  listDevices: async (_caller, userId) => ({ devices: await devices.seenOf(userId) }),
  purgeRoomPushes: async (_caller, { roomId }) => {
    await purgeRoom(keptData, roomId)
    return done
  },
  eraseUserInPushes: (_caller, input) => eraseUser(keptData, input),
  exportUserFromPushes: (_caller, input) => collectUser(keptData, input),
})
