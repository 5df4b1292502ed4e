import type { Handlers } from '@chat/contract'
import { done } from './done.ts'
import { addMembers, inviteByMaster } from './members/invitations.ts'
import { listAllMembers } from './members/member-list.ts'
import { getMember, removeMember, updateMember } from './members/platform-members.ts'
import { PLATFORM } from './members/targets.ts'
import type { Parts } from './parts.ts'
import { deleteRoom, getRoom, listPlatformRooms } from './room/platform-rooms.ts'
import { createRoomByPlatform } from './room/room-creation.ts'
import { viewRoom } from './room/room-view.ts'
import { putAnnouncement, updateRoom } from './room/settings.ts'
import type { RoomDoc } from './store/documents.ts'
import { createAccount, getAccount, revokeTokens, updateAccount } from './users/accounts.ts'
import { exportPersonalData } from './users/personal-data.ts'
import { eraseUser, expelUser } from './users/user-erasure.ts'

/** What platforms ask for. A platform is not a member; of a room's rules only `isFreezed` applies to it. */
export function platformHandlers(parts: Parts) {
  const view = async (changing: Promise<RoomDoc>) => viewRoom(parts.store, await changing)
  const announcementOf = async (changing: Promise<RoomDoc>) => ({
    announcement: (await changing).announcement ?? null,
  })
  return {
    createRoom: (caller, input) => createRoomByPlatform(parts, caller, input),
    createRoomWithMessage: (caller, input) => createRoomByPlatform(parts, caller, input),
    listRooms: (_caller, filter) => listPlatformRooms(parts, filter),
    getRoom: (_caller, { roomId }) => getRoom(parts, roomId),
    updateRoom: (_caller, { roomId, ...fields }) => view(updateRoom(parts, { roomId, by: PLATFORM }, fields)),
    deleteRoom: (caller, { roomId }) => done(deleteRoom(parts, caller, roomId)),
    getAnnouncement: async (_caller, { roomId }) => ({
      announcement: (await getRoom(parts, roomId)).announcement,
    }),
    putAnnouncement: (caller, input) => announcementOf(putAnnouncement(parts, caller, input)),
    removeAnnouncement: (_caller, { roomId }) =>
      announcementOf(updateRoom(parts, { roomId, by: PLATFORM }, { announcement: null })),

    inviteUsers: (caller, input) => view(inviteByMaster(parts, caller, input)),
    addMembers: (caller, input) => view(addMembers(parts, caller, input)),
    listRoomMembers: (_caller, input) => listAllMembers(parts, input),
    getMember: (_caller, place) => getMember(parts, place),
    updateMember: (_caller, input) => updateMember(parts, input),
    removeMember: (_caller, place) => done(removeMember(parts, place)),

    createUser: (_caller, input) => createAccount(parts, input),
    getUser: (_caller, { userId }) => getAccount(parts, userId),
    updateUser: (_caller, input) => updateAccount(parts, input),
    revokeTokens: (_caller, { userId }) => revokeTokens(parts, userId),
    expelUser: (_caller, { userId }) => done(expelUser(parts, userId)),
    eraseUserInRooms: (caller, input) => eraseUser(parts, caller, input),
    exportUserFromRooms: (_caller, input) => exportPersonalData(parts, input),
  } satisfies Partial<Handlers<'rooms'>>
}
