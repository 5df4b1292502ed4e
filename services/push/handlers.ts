import type { Handlers } from '@chat/contract'
import type { Devices } from './devices.ts'
import type { Disposing } from './disposing.ts'
import type { Preferences } from './preference-store.ts'
import type { SettingAside } from './setting-aside.ts'

export type Parts = {
  devices: Devices
  disposing: Disposing
  preferences: Preferences
  settingAside: SettingAside
}

const done = { result: true }

export const handlers = ({ devices, disposing, preferences, settingAside }: Parts): Handlers<'push'> => ({
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
    await disposing.purgeRoom(roomId)
    return done
  },
  eraseUserInPushes: (_caller, input) => disposing.eraseUser(input),
  exportUserFromPushes: (_caller, input) => disposing.collect(input),
})
