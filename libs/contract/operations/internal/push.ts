import { Type } from 'typebox'
import { MessageId, Nullable, RoomId, Text, Timestamp, UserId } from '../../schemas/values.ts'
import { Platform } from '../client/push.ts'
import { forServices } from '../operation.ts'

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
export const pushInternals = forServices('push', {
  listSetAside: {
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
  },
  replaySetAside: {
    summary: 'Try pushes again that were given up on: who still wants them is decided anew',
    input: Type.Object({ ids: SetAsideIds }),
    output: Type.Object({ replayed: Type.Integer({ minimum: 0 }) }),
    timeoutMs: 10_000,
  },
  getSetAside: {
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
  },
  dropSetAside: {
    summary: 'Let pushes go that were given up on: nobody will be told of them',
    input: Type.Object({ ids: SetAsideIds }),
    output: Type.Object({ dropped: Type.Integer({ minimum: 0 }) }),
    timeoutMs: 10_000,
  },
  listDevices: {
    summary: 'Where a user gets pushes, without the tokens',
    input: UserId,
    output: Type.Object({ devices: Type.Array(Type.Object({ platform: Platform, seenAt: Timestamp })) }),
  },
})
