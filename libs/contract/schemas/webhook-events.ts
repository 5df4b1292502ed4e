import { type Static, type TSchema, Type } from 'typebox'
import { Message, RoomOutline } from './entities.ts'
import { OneRoom, UserId } from './ids.ts'
import { Count, Nullable, optional, Text, Timestamp } from './values.ts'

/** Who did it; null for the platform or the system. */
const by = Nullable(UserId)
const ofMembers = { ...OneRoom, userIds: Type.Array(UserId), by }
const ofMessage = Type.Object({ message: Message })
const kind = <D extends TSchema>(summary: string, data: D) => ({ summary, data })

const roomKinds = {
  'room.created': kind('A room is made', Type.Object({ room: RoomOutline, userIds: Type.Array(UserId), by })),
  'room.updated': kind(
    "A room's name, picture, rules, meta or announcement are set",
    Type.Object({ room: RoomOutline, by }),
  ),
  'room.deleted': kind('A room is gone, with all that was said in it', Type.Object(OneRoom)),
  'member.joined': kind('People have come into a room', Type.Object(ofMembers)),
  'member.left': kind('Somebody has left a room', Type.Object(ofMembers)),
  'member.removed': kind(
    'People were taken out of a room; `banned`: they are kept out',
    Type.Object({ ...ofMembers, banned: Type.Boolean() }),
  ),
  'member.updated': kind(
    'Members are masters now or are not, are muted or are not',
    Type.Object({ ...ofMembers, ...optional({ master: Type.Boolean(), mutedUntil: Nullable(Timestamp) }) }),
  ),
}

/** Every event type of webhooks and its data. Deleted and hidden messages come without content. */
export const webhookKinds = {
  ...roomKinds,
  'message.created': kind('A message was sent', ofMessage),
  'message.updated': kind(
    'A message was edited, hidden or shown again, a card answered, or it mentions somebody no more who was erased',
    ofMessage,
  ),
  'message.deleted': kind('A message was deleted; it keeps its place', ofMessage),
}
export type WebhookType = keyof typeof webhookKinds
export const webhookTypes = Object.keys(webhookKinds) as WebhookType[]
export type WebhookData<T extends WebhookType> = Static<(typeof webhookKinds)[T]['data']>

/** Something that happened to a room or its members. */
export type RoomActivity = {
  [T in keyof typeof roomKinds]: { type: T; data: WebhookData<T> }
}[keyof typeof roomKinds]

/** With id, room and time. Ids of one room sort in the order of the events. */
export type RoomActivityEvent = RoomActivity & { _id: string; roomId: string; at: string }

export const WebhookId = Text(1, 64)
/** The event types a webhook subscribes to; an empty list means all. */
export const WantedEvents = Type.Array(Type.Enum(webhookTypes), { maxItems: webhookTypes.length })

export const Webhook = Type.Object({
  webhookId: WebhookId,
  url: Type.String(),
  events: WantedEvents,
  description: Nullable(Text(1, 500)),
  enabled: Type.Boolean(),
  /** PLATFORM: switched off by request. GONE: the receiver answered 410. FAILING: no delivery has succeeded for days. */
  disabledBecause: Nullable(Type.Enum(['PLATFORM', 'GONE', 'FAILING'])),
  /** When deliveries began to fail; null while the last one succeeded. */
  failingSince: Nullable(Timestamp),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Webhook = Static<typeof Webhook>

export const WebhookDelivery = Type.Object({
  /** The receiver's `webhook-id`. Retries and replays keep it. */
  deliveryId: Text(1, 300),
  type: Type.Enum(webhookTypes),
  state: Type.Enum(['WAITING', 'DELIVERED', 'FAILED']),
  tries: Count,
  /** The HTTP status of the last answer; null without one. */
  lastStatus: Nullable(Type.Integer()),
  /** Why the last attempt got no answer. */
  lastError: Nullable(Type.String()),
  lastTriedAt: Nullable(Timestamp),
  /** When the next attempt is due; null if none is. */
  nextTryAt: Nullable(Timestamp),
  createdAt: Timestamp,
})
export type WebhookDelivery = Static<typeof WebhookDelivery>
