import type { Handlers } from '@chat/contract'
import type {
  Bus,
  ConfirmedBroadcast,
  FailedEvents,
  Limits,
  Logger,
  NumberedKind,
  Outbox,
  RecentKeys,
} from '@chat/service'
import type { MentionResolver } from './mentions/mention-resolver.ts'
import type { Presence } from './presence/presence.ts'
import type { Claims } from './room/claims.ts'
import type { RoomBroadcast } from './room/room-broadcast.ts'
import type { Store } from './store/store.ts'

/** What the functions of the domain work with: all that has a lifetime or a state. */
export type Parts = {
  bus: Bus
  store: Store
  logger: Logger
  /** Rooms' own limits are `roomMembers`, and `textLength` in UTF-16 units. */
  limits: Limits
  broadcast: RoomBroadcast
  claims: Claims
  confirmedBroadcast: ConfirmedBroadcast
  failedEvents: FailedEvents<NumberedKind>
  mentionResolver: MentionResolver
  /** The latest mentions that clients were told of. */
  toldMentions: RecentKeys
  outbox: Outbox
  presence: Presence
}

/** An operation of the contract as a function. */
export type Operation<Name extends keyof Handlers<'rooms'>> = Handlers<'rooms', [Parts]>[Name]
