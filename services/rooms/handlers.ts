import type { Handlers } from '@chat/contract'
import { handlersOf } from '@chat/service'
import * as invitations from './members/invitations.ts'
import * as memberList from './members/member-list.ts'
import * as moderation from './members/moderation.ts'
import * as platformMembers from './members/platform-members.ts'
import * as pushAudience from './members/push-audience.ts'
import * as removals from './members/removals.ts'
import type { Operation, Parts } from './parts.ts'
import * as presenceList from './presence/presence-list.ts'
import * as typingIndicator from './presence/typing-indicator.ts'
import * as cursors from './reading/cursors.ts'
import * as messageConsumer from './reading/message-consumer.ts'
import * as recount from './reading/recount.ts'
import * as platformRooms from './room/platform-rooms.ts'
import * as roomCreation from './room/room-creation.ts'
import * as roomList from './room/room-list.ts'
import { viewRoomsForGateway } from './room/room-view.ts'
import * as settings from './room/settings.ts'
import * as accounts from './users/accounts.ts'
import * as blocks from './users/blocks.ts'
import * as directory from './users/directory.ts'
import * as personalData from './users/personal-data.ts'
import * as sessions from './users/sessions.ts'
import * as userErasure from './users/user-erasure.ts'

const viewRooms: Operation<'viewRooms'> = ({ store }, _caller, input) => viewRoomsForGateway(store, input)
const resolveMentions: Operation<'resolveMentions'> = async ({ mentionResolver }, _caller, input) => ({
  userIds: await mentionResolver.resolve(input),
})
const countBadges: Operation<'countBadges'> = ({ store }, _caller, input) => store.unread.countBadges(input)

/** One function for each operation of the rooms service, under its name: a missing one does not compile. */
export const handlers = (parts: Parts): Handlers<'rooms'> =>
  handlersOf('rooms', parts, {
    ...invitations,
    ...memberList,
    ...moderation,
    ...platformMembers,
    ...pushAudience,
    ...removals,
    ...presenceList,
    ...typingIndicator,
    ...cursors,
    ...messageConsumer,
    ...recount,
    ...platformRooms,
    ...roomCreation,
    ...roomList,
    ...settings,
    ...accounts,
    ...blocks,
    ...directory,
    ...personalData,
    ...sessions,
    ...userErasure,
    viewRooms,
    resolveMentions,
    countBadges,
  })
