import type { Caller, Handlers } from '@chat/contract'
import { done } from './done.ts'
import { setAlarm } from './members/alarms.ts'
import { inviteByMember } from './members/invitations.ts'
import { listMembers } from './members/member-list.ts'
import { requireMember } from './members/memberships.ts'
import { mute, setMasters, unban, unmute } from './members/moderation.ts'
import { kick, leave } from './members/removals.ts'
import type { Parts } from './parts.ts'
import { queryPresence } from './presence/presence-list.ts'
import { showTyping } from './presence/typing-indicator.ts'
import { openRoom, readMessage } from './reading/cursors.ts'
import { createRoomByClient } from './room/room-creation.ts'
import { listRooms, queryRooms } from './room/room-list.ts'
import { viewRoomFor } from './room/room-view.ts'
import { setAnnouncement, updateRoom } from './room/settings.ts'
import type { RoomDoc } from './store/documents.ts'
import { blockUser, listBlocked, unblockUser } from './users/blocks.ts'
import { searchUsers } from './users/user-search.ts'

export function clientHandlers(parts: Parts) {
  const roomResult = async (caller: Caller, changing: Promise<RoomDoc>) => ({
    result: true,
    room: await viewRoomFor(parts.store, caller, await changing),
  })
  return {
    listenRooms: (caller, filter) => listRooms(parts, caller, filter),
    queryRooms: (caller, filter) => queryRooms(parts, caller, filter),
    joinRoom: (caller, roomId) => openRoom(parts, caller, roomId),
    leaveRoom: (caller, roomId) => done(requireMember(parts.store, roomId, caller.userId)),
    createNewRoom: async (caller, input) =>
      viewRoomFor(parts.store, caller, await createRoomByClient(parts, caller.userId, input)),
    updateReadMessage: (caller, input) => readMessage(parts, caller, input),
    updateRoomSetting: (caller, { roomId, updateData }) =>
      roomResult(caller, updateRoom(parts, { roomId, by: caller.userId }, updateData)),
    setAnnouncement: (caller, input) => roomResult(caller, setAnnouncement(parts, caller, input)),

    leaveOutRoom: (caller, roomId) => done(leave(parts, caller.userId, roomId)),
    inviteRoom: (caller, input) => roomResult(caller, inviteByMember(parts, caller, input)),
    kickOutUsers: (caller, input) => done(kick(parts, caller.userId, input)),
    unbanUsers: (caller, input) => done(unban(parts, caller.userId, input)),
    muteUsers: (caller, input) => done(mute(parts, caller.userId, input)),
    unmuteUsers: (caller, input) => done(unmute(parts, caller.userId, input)),
    setMasters: (caller, input) => roomResult(caller, setMasters(parts, caller.userId, input)),
    roomAlarmTurnOnOff: async (caller, input) => ({
      result: true,
      alarmOn: await setAlarm(parts, caller.userId, input),
    }),
    listMembers: (caller, input) => listMembers(parts, caller.userId, input),

    searchUsers: (_caller, input) => searchUsers(parts, input),
    blockUser: (caller, { userId }) => done(blockUser(parts, caller.userId, userId)),
    unblockUser: (caller, { userId }) => done(unblockUser(parts, caller.userId, userId)),
    listBlocked: async (caller) => ({ list: await listBlocked(parts, caller.userId) }),
    typing: (caller, input) => done(showTyping(parts, caller.userId, input)),
    queryPresence: (caller, input) => queryPresence(parts, caller, input),
  } satisfies Partial<Handlers<'rooms'>>
}
