import type { Caller, Handlers, Room } from '@chat/contract'
import type { Alarms } from './members/alarms.ts'
import type { Memberships } from './members/memberships.ts'
import type { Moderation } from './members/moderation.ts'
import type { PushAudience } from './members/push-audience.ts'
import type { Removals } from './members/removals.ts'
import type { MentionResolver } from './mentions/mention-resolver.ts'
import { type PlatformParts, platformHandlers } from './platform-handlers.ts'
import type { Presence } from './presence/presence.ts'
import type { PresenceList } from './presence/presence-list.ts'
import type { Typing } from './presence/typing.ts'
import { countBadges } from './reading/badges.ts'
import type { Cursors } from './reading/cursors.ts'
import type { MessageConsumer } from './reading/message-consumer.ts'
import type { Recount } from './reading/recount.ts'
import type { RoomList } from './room/room-list.ts'
import type { RoomDoc } from './store/documents.ts'
import type { Blocks } from './users/blocks.ts'
import type { Directory } from './users/directory.ts'
import type { Sessions } from './users/sessions.ts'
import type { UserSearch } from './users/user-search.ts'

export type Parts = PlatformParts & {
  alarms: Alarms
  audiences: PushAudience
  blocks: Blocks
  directory: Directory
  messageConsumer: MessageConsumer
  roomList: RoomList
  members: Memberships
  moderation: Moderation
  presence: Presence
  presenceList: PresenceList
  cursors: Cursors
  recount: Recount
  removals: Removals
  mentionResolver: MentionResolver
  sessions: Sessions
  typing: Typing
  userSearch: UserSearch
}

const done = { result: true }

export function handlers(parts: Parts): Handlers<'rooms'> {
  const { blocks, roomCreation, directory, invitations, roomList, members, moderation, cursors } = parts
  const { recount, removals, sessions, settings, roomView } = parts

  const asSeenBy = async (caller: Caller, doc: RoomDoc): Promise<Room> => {
    const [view, { member }] = await Promise.all([roomView.one(doc), members.require(doc._id, caller.userId)])
    return (await roomView.seenBy(caller, [{ doc, view, member }]))[0] as Room
  }
  const roomResult = async (caller: Caller, doc: RoomDoc) => ({ ...done, room: await asSeenBy(caller, doc) })

  return {
    listenRooms: (caller, filter) => roomList.list(caller, filter),
    queryRooms: (caller, filter) => roomList.query(caller, filter),
    joinRoom: (caller, roomId) => cursors.open(caller, roomId),
    leaveRoom: async (caller, roomId) => {
      await members.require(roomId, caller.userId)
      return done
    },
    createNewRoom: async (caller, input) =>
      asSeenBy(caller, await roomCreation.byClient(caller.userId, input)),
    updateReadMessage: (caller, input) => cursors.read(caller, input),
    updateRoomSetting: async (caller, input) =>
      roomResult(caller, await settings.update(caller.userId, input)),

    leaveOutRoom: async (caller, roomId) => {
      await removals.leave(caller.userId, roomId)
      return done
    },
    inviteRoom: async (caller, input) =>
      roomResult(caller, await invitations.byClient(caller.userId, caller.requestId, input)),
    kickOutUsers: async (caller, input) => {
      await removals.kick(caller.userId, input)
      return done
    },
    unbanUsers: async (caller, input) => {
      await moderation.unban(caller.userId, input)
      return done
    },
    muteUsers: async (caller, input) => {
      await moderation.mute(caller.userId, input)
      return done
    },
    unmuteUsers: async (caller, input) => {
      await moderation.unmute(caller.userId, input)
      return done
    },
    setMasters: async (caller, input) =>
      roomResult(caller, await moderation.setMasters(caller.userId, input)),
    roomAlarmTurnOnOff: async (caller, input) => ({
      ...done,
      alarmOn: await parts.alarms.set(caller.userId, input),
    }),
    setAnnouncement: async (caller, input) =>
      roomResult(caller, await settings.announce(caller.requestId, caller.userId, input)),
    listMembers: (caller, input) => parts.memberList.page(caller.userId, input),

    searchUsers: (_caller, input) => parts.userSearch.page(input),
    blockUser: async (caller, { userId }) => {
      await blocks.block(caller.userId, userId)
      return done
    },
    unblockUser: async (caller, { userId }) => {
      await blocks.unblock(caller.userId, userId)
      return done
    },
    typing: async (caller, input) => {
      await parts.typing.show(caller.userId, input)
      return done
    },
    queryPresence: (caller, input) => parts.presenceList.query(caller.userId, input),
    listBlocked: async (caller) => ({ list: await blocks.list(caller.userId) }),

    openSession: (caller, profile) => sessions.open(caller.userId, profile),
    viewRooms: async (_caller, { rooms }) => ({ rooms: await roomView.looks(rooms) }),
    roomAccess: (_caller, input) => sessions.access(input),
    roomFacts: (_caller, roomId) => sessions.facts(roomId),
    resolveMentions: async (_caller, input) => ({ userIds: await parts.mentionResolver.resolve(input) }),
    noteSeen: async (_caller, input) => {
      await parts.presence.note(input)
      return done
    },
    blocksOf: async (_caller, userId) => ({ blocked: await blocks.blockedBy(userId) }),
    roomsOfUser: (_caller, userId) => sessions.roomsOf(userId),
    describeUsers: async (_caller, { userIds }) => ({ users: await directory.users(userIds) }),
    countUnread: async (_caller, input) => ({ counts: await cursors.countUnread(input) }),
    readersOf: (caller, input) => cursors.readersOf(caller, input),
    noteChange: async (_caller, message) => {
      await parts.messageConsumer.takeChanges([message])
      return done
    },
    recountRoom: (caller, roomId) => recount.recount(caller, roomId),
    listRoomIds: (_caller, { after }) => recount.roomIds(after),
    inspectUser: (_caller, userId) => parts.accounts.inspect(userId),
    listAudiences: (_caller, input) => parts.audiences.page(input),
    countBadges: async (_caller, input) => ({ badges: await countBadges(parts.store, input) }),
    saveUser: async (_caller, profile) => {
      await directory.save([profile])
      return done
    },
    ...platformHandlers(parts),
    createRoomWithMessage: (caller, input) => roomCreation.byPlatform(caller.requestId, input),
    inviteUsers: async (caller, input) => roomView.one(await invitations.byPlatform(caller.requestId, input)),
  }
}
