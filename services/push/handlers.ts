import type { Handlers } from '@chat/contract'
import type { Devices } from './devices.ts'
import type { Preferences } from './preference-store.ts'
import type { SettingAside } from './setting-aside.ts'

export type Parts = { devices: Devices; preferences: Preferences; settingAside: SettingAside }

const done = { result: true }

export const handlers = ({ devices, preferences, settingAside }: Parts): Handlers<'push'> => ({
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
  replaySetAside: async (_caller, { ids }) => ({ replayed: await settingAside.replay(ids) }),
})
