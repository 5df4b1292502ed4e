import type { Caller, Handlers, Room } from '@chat/contract'
import type { Creating } from './creating.ts'
import type { Directory } from './directory.ts'
import type { Inviting } from './inviting.ts'
import { type Listing, seenBy } from './listing.ts'
import type { Members } from './members.ts'
import type { Reading } from './reading.ts'
import type { Sessions } from './sessions.ts'
import type { Settings } from './settings.ts'
import { presentMember, type RoomDoc } from './store.ts'
import type { Viewing } from './viewing.ts'

export type Parts = {
  creating: Creating
  directory: Directory
  inviting: Inviting
  listing: Listing
  members: Members
  reading: Reading
  sessions: Sessions
  settings: Settings
  viewing: Viewing
}

export function handlers(parts: Parts): Handlers<'rooms'> {
  const { creating, directory, inviting, listing, members, reading, sessions, settings, viewing } = parts

  const asSeenBy = async (caller: Caller, room: RoomDoc): Promise<Room> => {
    const [view, { member }] = await Promise.all([
      viewing.one(room),
      members.require(room._id, caller.userId),
    ])
    const user = (await directory.profiles([caller.userId])).get(caller.userId)
    return seenBy(caller, view, member, presentMember(member, user))
  }

  return {
    listenRooms: (caller, filter) => listing.list(caller, filter),
    queryRooms: (caller, filter) => listing.query(caller, filter),
    joinRoom: (caller, roomId) => reading.open(caller, roomId),
    leaveRoom: async (caller, roomId) => {
      await members.require(roomId, caller.userId)
      return { result: true }
    },
    createNewRoom: async (caller, input) => asSeenBy(caller, await creating.byClient(caller.userId, input)),
    updateReadMessage: (caller, input) => reading.read(caller, input),
    updateRoomSetting: async (caller, input) => ({
      result: true,
      room: await asSeenBy(caller, await settings.update(caller.userId, input)),
    }),
    openSession: (caller, profile) => sessions.open(caller.userId, profile),
    viewRooms: async (_caller, { roomIds }) => ({ rooms: await viewing.byIds(roomIds) }),
    roomAccess: (_caller, input) => sessions.access(input),
    countUnread: async (_caller, input) => ({ counts: await reading.countUnread(input) }),
    saveUser: async (_caller, profile) => {
      await directory.save([profile])
      return { result: true }
    },
    createRoomWithMessage: (caller, input) => creating.byPlatform(caller.requestId, input),
    inviteUsers: async (caller, input) => viewing.one(await inviting.byPlatform(caller.requestId, input)),
  }
}
