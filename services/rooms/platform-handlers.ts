import type { Caller, Handlers, PlatformOperation } from '@chat/contract'
import type { Invitations } from './members/invitations.ts'
import type { MemberList } from './members/member-list.ts'
import type { PlatformMembers } from './members/platform-members.ts'
import { PLATFORM } from './members/targets.ts'
import type { PlatformRooms } from './room/platform-rooms.ts'
import type { RoomCreation } from './room/room-creation.ts'
import type { RoomView } from './room/room-view.ts'
import type { Settings } from './room/settings.ts'
import type { RoomStore } from './store/store.ts'
import type { Accounts } from './users/accounts.ts'
import { collect } from './users/personal-data.ts'
import type { UserErasure } from './users/user-erasure.ts'

export type PlatformParts = {
  store: RoomStore
  accounts: Accounts
  roomCreation: RoomCreation
  userErasure: UserErasure
  estate: PlatformRooms
  invitations: Invitations
  memberList: MemberList
  settings: Settings
  standings: PlatformMembers
  roomView: RoomView
}

type AnswerCache = Pick<Handlers<'rooms'>, PlatformOperation<'rooms'>>

const done = { result: true }

/** What platforms ask: they are no members, and no rules bind them but a frozen room's. */
export function platformHandlers(parts: PlatformParts): AnswerCache {
  const {
    accounts,
    roomCreation,
    userErasure,
    estate,
    invitations,
    memberList,
    settings,
    standings,
    roomView,
  } = parts
  const announcementOf = async (caller: Caller, input: Parameters<Settings['pin']>[1]) => ({
    announcement: (await settings.pin(caller.requestId, input)).announcement ?? null,
  })
  return {
    createRoom: (caller, input) => roomCreation.byPlatform(caller.requestId, input),
    listRooms: (_caller, filter) => estate.list(filter),
    getRoom: (_caller, { roomId }) => estate.get(roomId),
    updateRoom: async (_caller, { roomId, ...updateData }) =>
      roomView.one(await settings.update(PLATFORM, { roomId, updateData })),
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
      roomView.one(await invitations.freely(caller.requestId, roomId, users)),
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
      await userErasure.expel(userId)
      return done
    },
    eraseUserInRooms: (caller, input) => userErasure.erase(caller, input),
    exportUserFromRooms: (_caller, input) => collect(parts.store, input),
  }
}
