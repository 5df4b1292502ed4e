import { Type } from 'typebox'
import { MessageId, Name, Nullable, Result, RoomId, Seq, Text, Timestamp, UserId } from '../schemas/values.ts'
import { operation } from './operation.ts'

/** What a push service calls a device by. Opaque, and far below this where it is a real one. */
const DeviceToken = Text(1, 4096)
export const Platform = Type.Enum(['ANDROID', 'IOS', 'WEB'])

const Device = Type.Object({ token: DeviceToken, platform: Platform })

/** What the push service does for clients. */
export const pushOperations = {
  registerDevice: operation({
    service: 'push',
    event: 'registerDevice',
    summary: 'Send pushes of the caller to this device, and of nobody else from now on',
    input: Device,
    output: Result,
    errors: [],
  }),
  unregisterDevice: operation({
    service: 'push',
    event: 'unregisterDevice',
    summary: 'Send no more pushes of the caller to this device',
    input: Device,
    output: Result,
    errors: [],
  }),
  setMentionAlarm: operation({
    service: 'push',
    event: 'setMentionAlarm',
    summary: "Whether mentions reach the caller though a room's alarm is off",
    input: Type.Object({ on: Type.Boolean() }),
    output: Result,
    errors: [],
  }),
}

const SetAsideId = Text(1, 300)
/** A push that was given up on, until somebody looks at it. */
const SetAside = Type.Object({
  id: SetAsideId,
  roomId: RoomId,
  messageId: MessageId,
  /** Why it did not work the last time. */
  reason: Type.String(),
  tries: Type.Integer({ minimum: 1 }),
  setAsideAt: Timestamp,
})

const SetAsideIds = Type.Array(SetAsideId, { minItems: 1, maxItems: 500 })

/** What the push service does for operators. */
export const pushInternals = {
  listSetAside: operation({
    service: 'push',
    summary: 'Pushes that were given up on, a page at a time, in the order of their messages',
    input: Type.Object({
      after: Type.Optional(SetAsideId),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    }),
    output: Type.Object({
      list: Type.Array(SetAside),
      nextAfter: Nullable(Type.String()),
      total: Type.Integer({ minimum: 0 }),
    }),
    errors: [],
  }),
  replaySetAside: operation({
    service: 'push',
    summary: 'Try pushes again that were given up on: who still wants them is decided anew',
    input: Type.Object({ ids: SetAsideIds }),
    output: Type.Object({ replayed: Type.Integer({ minimum: 0 }) }),
    errors: [],
    timeoutMs: 10_000,
  }),
  getSetAside: operation({
    service: 'push',
    summary: 'One push that was given up on, with what it would have said; null where there is none',
    input: SetAsideId,
    output: Type.Object({
      letter: Nullable(
        Type.Object({
          ...SetAside.properties,
          authorId: UserId,
          body: Type.String(),
          /** Whom alone it is for; null where it is for everybody who wants it. */
          only: Nullable(Type.Array(UserId)),
        }),
      ),
    }),
    errors: [],
  }),
  dropSetAside: operation({
    service: 'push',
    summary: 'Let pushes go that were given up on: nobody will be told of them',
    input: Type.Object({ ids: SetAsideIds }),
    output: Type.Object({ dropped: Type.Integer({ minimum: 0 }) }),
    errors: [],
    timeoutMs: 10_000,
  }),
  listDevices: operation({
    service: 'push',
    summary: 'Where a user gets pushes, without the tokens',
    input: UserId,
    output: Type.Object({ devices: Type.Array(Type.Object({ platform: Platform, seenAt: Timestamp })) }),
    errors: [],
  }),
}

const AudienceCursor = Type.Object({ roomId: RoomId, after: Type.Optional(UserId) })

/** What pushes need to know of rooms. */
export const pushSources = {
  listAudiences: operation({
    service: 'rooms',
    summary: 'Members whom messages may be pushed to, of many rooms, a bounded page at a time',
    input: Type.Object({
      rooms: Type.Array(
        Type.Object({
          roomId: RoomId,
          /** The first message that is asked for. */
          since: Seq,
          authorIds: Type.Array(UserId),
          /** Wanted though their alarm is off. */
          mentioned: Type.Array(UserId),
        }),
        { maxItems: 1000 },
      ),
      /** Where to go on: with this room, after this member of it. */
      from: Type.Optional(AudienceCursor),
    }),
    output: Type.Object({
      rooms: Type.Array(
        Type.Object({
          roomId: RoomId,
          name: Name,
          /** Messages from `since` on that are deleted or hidden. */
          gone: Type.Array(Seq),
          members: Type.Array(
            Type.Object({ userId: UserId, alarmOn: Type.Boolean(), readSeq: Seq, joinSeq: Seq }),
          ),
          /** Who of them has blocked which of the authors. */
          blocks: Type.Array(Type.Object({ userId: UserId, blockedId: UserId })),
        }),
      ),
      next: Nullable(AudienceCursor),
    }),
    errors: [],
    timeoutMs: 10_000,
  }),
  countBadges: operation({
    service: 'rooms',
    summary: 'Everything that each of these users has not read, in all of their rooms',
    input: Type.Object({
      userIds: Type.Array(UserId, { maxItems: 500 }),
      /** Messages that are known, and that rooms may not have heard of yet. */
      lastSeqs: Type.Array(Type.Object({ roomId: RoomId, seq: Seq }), { maxItems: 1000 }),
    }),
    output: Type.Object({
      badges: Type.Array(Type.Object({ userId: UserId, unread: Type.Integer({ minimum: 0 }) })),
    }),
    errors: [],
    timeoutMs: 10_000,
  }),
}
