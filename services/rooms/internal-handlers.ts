import type { Handlers } from '@chat/contract'
import { done } from './done.ts'
import { pushAudiences } from './members/push-audience.ts'
import type { Parts } from './parts.ts'
import { countUnread, readersOf } from './reading/cursors.ts'
import { takeChanges } from './reading/message-consumer.ts'
import { listRoomIds, recountRoom } from './reading/recount.ts'
import { viewRoomsForGateway } from './room/room-view.ts'
import { inspectAccount } from './users/accounts.ts'
import { describeUsers, saveUsers } from './users/directory.ts'
import { openSession, roomAccess, roomFacts, roomsOfUser } from './users/sessions.ts'

export const internalHandlers = (parts: Parts) =>
  ({
    openSession: (caller, input) => openSession(parts, caller, input),
    noteSeen: (_caller, input) => done(parts.presence.report(input)),
    viewRooms: (_caller, input) => viewRoomsForGateway(parts.store, input),
    roomsOfUser: (_caller, userId) => roomsOfUser(parts, userId),
    blocksOf: async (_caller, userId) => ({ blocked: await parts.store.users.blockedBy(userId) }),

    roomAccess: (_caller, input) => roomAccess(parts, input),
    roomFacts: (_caller, roomId) => roomFacts(parts, roomId),
    resolveMentions: async (_caller, input) => ({ userIds: await parts.mentionResolver.resolve(input) }),
    countUnread: (_caller, input) => countUnread(parts, input),
    readersOf: (caller, input) => readersOf(parts, caller, input),
    noteChange: (_caller, message) => done(takeChanges(parts, [message])),
    describeUsers: async (_caller, { userIds }) => ({ users: await describeUsers(parts, userIds) }),
    listAudiences: (_caller, input) => pushAudiences(parts, input),
    countBadges: (_caller, input) => parts.store.unread.countBadges(input),
    saveUser: (_caller, { userId, ...profile }) => done(saveUsers(parts, [{ _id: userId, ...profile }])),

    recountRoom: (caller, roomId) => recountRoom(parts, caller, roomId),
    listRoomIds: (_caller, { after }) => listRoomIds(parts, after),
    inspectUser: (_caller, userId) => inspectAccount(parts, userId),
  }) satisfies Partial<Handlers<'rooms'>>
