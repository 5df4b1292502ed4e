import type { Caller, Handlers, PlatformOperation } from '@chat/contract'
import type { Accounts } from './accounts.ts'
import { collect } from './collecting.ts'
import type { Creating } from './creating.ts'
import type { Erasing } from './erasing.ts'
import type { Estate } from './estate.ts'
import type { Inviting } from './inviting.ts'
import type { MemberList } from './member-list.ts'
import type { Settings } from './settings.ts'
import type { Standings } from './standings.ts'
import type { Store } from './store.ts'
import { PLATFORM } from './targets.ts'
import type { Viewing } from './viewing.ts'

export type PlatformParts = {
  store: Store
  accounts: Accounts
  creating: Creating
  erasing: Erasing
  estate: Estate
  inviting: Inviting
  memberList: MemberList
  settings: Settings
  standings: Standings
  viewing: Viewing
}

type Answers = Pick<Handlers<'rooms'>, PlatformOperation<'rooms'>>

const done = { result: true }

/** What platforms ask: they are no members, and no rules bind them but a frozen room's. */
export function platformHandlers(parts: PlatformParts): Answers {
  const { accounts, creating, erasing, estate, inviting, memberList, settings, standings, viewing } = parts
  const announcementOf = async (caller: Caller, input: Parameters<Settings['pin']>[1]) => ({
    announcement: (await settings.pin(caller.requestId, input)).announcement ?? null,
  })
  return {
    createRoom: (caller, input) => creating.byPlatform(caller.requestId, input),
    listRooms: (_caller, filter) => estate.list(filter),
    getRoom: (_caller, { roomId }) => estate.get(roomId),
    updateRoom: async (_caller, { roomId, ...updateData }) =>
      viewing.one(await settings.update(PLATFORM, { roomId, updateData })),
    deleteRoom: async (caller, { roomId }) => {
      await estate.delete(caller.requestId, roomId)
      return done
    },
    getAnnouncement: async (_caller, { roomId }) => ({
      announcement: (await estate.get(roomId)).announcement,
    }),
    putAnnouncement: (caller, input) => announcementOf(caller, input),
    removeAnnouncement: (caller, { roomId }) => announcementOf(caller, { roomId, isCleared: true }),

    addMembers: async (caller, { roomId, users }) =>
      viewing.one(await inviting.freely(caller.requestId, roomId, users)),
    listRoomMembers: (_caller, input) => memberList.whole(input),
    getMember: (_caller, place) => standings.get(place),
    updateMember: (_caller, input) => standings.update(input),
    removeMember: async (_caller, place) => {
      await standings.remove(place)
      return done
    },

    createUser: (_caller, input) => accounts.create(input),
    getUser: (_caller, { userId }) => accounts.get(userId),
    updateUser: (_caller, input) => accounts.update(input),
    revokeTokens: (_caller, { userId }) => accounts.revoke(userId),
    expelUser: async (_caller, { userId }) => {
      await erasing.expel(userId)
      return done
    },
    eraseUserInRooms: (caller, input) => erasing.erase(caller, input),
    exportUserFromRooms: (_caller, input) => collect(parts.store, input),
  }
}
