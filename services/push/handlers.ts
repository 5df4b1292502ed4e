import type { Handlers } from '@chat/contract'
import type { Devices } from './devices/devices.ts'
import type { PreferenceStore } from './devices/preference-store.ts'
import type { PushErasure } from './privacy/push-erasure.ts'
import type { DeadLetters } from './tasks/dead-letters.ts'

export type Parts = {
  devices: Devices
  pushErasure: PushErasure
  preferences: PreferenceStore
  settingAside: DeadLetters
}

const done = { result: true }

export const handlers = ({ devices, pushErasure, preferences, settingAside }: Parts): Handlers<'push'> => ({
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
  listSetAside: (_caller, input) => settingAside.list(input),
  getSetAside: async (_caller, id) => ({ letter: await settingAside.get(id) }),
  dropSetAside: async (_caller, { ids }) => ({ dropped: await settingAside.drop(ids) }),
  listDevices: async (_caller, userId) => ({ devices: await devices.seenOf(userId) }),
  replaySetAside: async (_caller, { ids }) => ({ replayed: await settingAside.replay(ids) }),
  purgeRoomPushes: async (_caller, { roomId }) => {
    await pushErasure.purgeRoom(roomId)
    return done
  },
  eraseUserInPushes: (_caller, input) => pushErasure.eraseUser(input),
  exportUserFromPushes: (_caller, input) => pushErasure.collect(input),
})
