import type { Bus } from '@chat/service'
import type { AccessEvents } from './members/access-events.ts'
import type { Memberships } from './members/memberships.ts'
import type { Mutes } from './members/mutes.ts'
import type { UnreadMentions } from './mentions/unread-mentions.ts'
import type { MessageConsumer } from './reading/message-consumer.ts'
import type { UncountedMessages } from './reading/uncounted-messages.ts'
import type { Claims } from './room/claims.ts'
import type { RoomBroadcast } from './room/room-broadcast.ts'
import type { RoomEventOutbox } from './room/room-event-outbox.ts'
import type { RoomView } from './room/room-view.ts'
import type { RoomStore } from './store/store.ts'
import type { Blocks } from './users/blocks.ts'
import type { Directory } from './users/directory.ts'

/** What the rules about rooms are built on. */
export type Parts = {
  store: RoomStore
  bus: Bus
  directory: Directory
  facts: RoomEventOutbox
  members: Memberships
  blocks: Blocks
  access: AccessEvents
  gone: UncountedMessages
  claims: Claims
  roomView: RoomView
  roomBroadcast: RoomBroadcast
  messageConsumer: MessageConsumer
  mutes: Mutes
  mentions: UnreadMentions
  /** UTF-16 units. */
  textLength: number
}
