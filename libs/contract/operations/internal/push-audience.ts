import { Type } from 'typebox'
import { Name, Nullable, RoomId, Seq, UserId } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

const AudienceCursor = Type.Object({ roomId: RoomId, after: Type.Optional(UserId) })

/** What pushes need to know of rooms. */
export const pushSources = forServices('rooms', {
  listAudiences: {
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
    timeoutMs: 10_000,
  },
  countBadges: {
    summary: 'Everything that each of these users has not read, in all of their rooms',
    input: Type.Object({
      userIds: Type.Array(UserId, { maxItems: 500 }),
      /** Messages that are known, and that rooms may not have heard of yet. */
      lastSeqs: Type.Array(Type.Object({ roomId: RoomId, seq: Seq }), { maxItems: 1000 }),
    }),
    output: Type.Object({
      badges: Type.Array(Type.Object({ userId: UserId, unread: Type.Integer({ minimum: 0 }) })),
    }),
    timeoutMs: 10_000,
  },
})
