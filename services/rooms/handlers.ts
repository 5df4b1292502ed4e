import type { Caller, Handlers, Room } from '@chat/contract'
import type { Alarms } from './alarms.ts'
import type { Audiences } from './audiences.ts'
import { countBadges } from './badges.ts'
import type { Blocking } from './blocking.ts'
import type { Directory } from './directory.ts'
import type { RoomDoc } from './documents.ts'
import type { Following } from './following.ts'
import type { Listing } from './listing.ts'
import type { Members } from './members.ts'
import type { Moderating } from './moderating.ts'
import { type PlatformParts, platformHandlers } from './platform-handlers.ts'
import type { Presence } from './presence.ts'
import type { PresenceList } from './presence-list.ts'
import type { Reading } from './reading.ts'
import type { Recounting } from './recounting.ts'
import type { Removing } from './removing.ts'
import type { Resolving } from './resolving.ts'
import type { Sessions } from './sessions.ts'
import type { Typing } from './typing.ts'
import type { UserSearch } from './user-search.ts'

export type Parts = PlatformParts & {
  alarms: Alarms
  audiences: Audiences
  blocking: Blocking
  directory: Directory
  following: Following
  listing: Listing
  members: Members
  moderating: Moderating
  presence: Presence
  presenceList: PresenceList
  reading: Reading
  recounting: Recounting
  removing: Removing
  resolving: Resolving
  sessions: Sessions
  typing: Typing
  userSearch: UserSearch
}

const done = { result: true }

export function handlers(parts: Parts): Handlers<'rooms'> {
  const { blocking, creating, directory, inviting, listing, members, moderating, reading } = parts
  const { recounting, removing, sessions, settings, viewing } = parts

  const asSeenBy = async (caller: Caller, doc: RoomDoc): Promise<Room> => {
    const [view, { member }] = await Promise.all([viewing.one(doc), members.require(doc._id, caller.userId)])
    return (await viewing.seenBy(caller, [{ doc, view, member }]))[0] as Room
  }
  const roomResult = async (caller: Caller, doc: RoomDoc) => ({ ...done, room: await asSeenBy(caller, doc) })

  return {
    listenRooms: (caller, filter) => listing.list(caller, filter),
    queryRooms: (caller, filter) => listing.query(caller, filter),
    joinRoom: (caller, roomId) => reading.open(caller, roomId),
    leaveRoom: async (caller, roomId) => {
      await members.require(roomId, caller.userId)
      return done
    },
    createNewRoom: async (caller, input) => asSeenBy(caller, await creating.byClient(caller.userId, input)),
    updateReadMessage: (caller, input) => reading.read(caller, input),
    updateRoomSetting: async (caller, input) =>
      roomResult(caller, await settings.update(caller.userId, input)),

    leaveOutRoom: async (caller, roomId) => {
      await removing.leave(caller.userId, roomId)
      return done
    },
    inviteRoom: async (caller, input) =>
      roomResult(caller, await inviting.byClient(caller.userId, caller.requestId, input)),
    kickOutUsers: async (caller, input) => {
      await removing.kick(caller.userId, input)
      return done
    },
    unbanUsers: async (caller, input) => {
      await moderating.unban(caller.userId, input)
      return done
    },
    muteUsers: async (caller, input) => {
      await moderating.mute(caller.userId, input)
      return done
    },
    unmuteUsers: async (caller, input) => {
      await moderating.unmute(caller.userId, input)
      return done
    },
    setMasters: async (caller, input) =>
      roomResult(caller, await moderating.setMasters(caller.userId, input)),
    roomAlarmTurnOnOff: async (caller, input) => ({
      ...done,
      alarmOn: await parts.alarms.set(caller.userId, input),
    }),
    setAnnouncement: async (caller, input) =>
      roomResult(caller, await settings.announce(caller.requestId, caller.userId, input)),
    listMembers: (caller, input) => parts.memberList.page(caller.userId, input),

    searchUsers: (_caller, input) => parts.userSearch.page(input),
    blockUser: async (caller, { userId }) => {
      await blocking.block(caller.userId, userId)
      return done
    },
    unblockUser: async (caller, { userId }) => {
      await blocking.unblock(caller.userId, userId)
      return done
    },
    typing: async (caller, input) => {
      await parts.typing.show(caller.userId, input)
      return done
    },
    queryPresence: (caller, input) => parts.presenceList.query(caller.userId, input),
    listBlocked: async (caller) => ({ list: await blocking.list(caller.userId) }),

    openSession: (caller, profile) => sessions.open(caller.userId, profile),
    viewRooms: async (_caller, { rooms }) => ({ rooms: await viewing.looks(rooms) }),
    roomAccess: (_caller, input) => sessions.access(input),
    roomFacts: (_caller, roomId) => sessions.facts(roomId),
    resolveMentions: async (_caller, input) => ({ userIds: await parts.resolving.resolve(input) }),
    noteSeen: async (_caller, input) => {
      await parts.presence.note(input)
      return done
    },
    blocksOf: async (_caller, userId) => ({ blocked: await blocking.blockedBy(userId) }),
    roomsOfUser: (_caller, userId) => sessions.roomsOf(userId),
    describeUsers: async (_caller, { userIds }) => ({ users: await directory.users(userIds) }),
    countUnread: async (_caller, input) => ({ counts: await reading.countUnread(input) }),
    readersOf: (caller, input) => reading.readersOf(caller, input),
    noteChange: async (_caller, message) => {
      await parts.following.takeChanges([message])
      return done
    },
    recountRoom: (caller, roomId) => recounting.recount(caller, roomId),
    listRoomIds: (_caller, { after }) => recounting.roomIds(after),
    inspectUser: (_caller, userId) => parts.accounts.inspect(userId),
    listAudiences: (_caller, input) => parts.audiences.page(input),
    countBadges: async (_caller, input) => ({ badges: await countBadges(parts.store, input) }),
    saveUser: async (_caller, profile) => {
      await directory.save([profile])
      return done
    },
    ...platformHandlers(parts),
    createRoomWithMessage: (caller, input) => creating.byPlatform(caller.requestId, input),
    inviteUsers: async (caller, input) => viewing.one(await inviting.byPlatform(caller.requestId, input)),
  }
}
