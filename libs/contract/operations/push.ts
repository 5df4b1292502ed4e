import { Type } from 'typebox'
import { OneRoom, Seq, UserId } from '../schemas/ids.ts'
import { Count, Name, Nullable, optional, Text, Timestamp } from '../schemas/values.ts'
import { forClients, forServices } from './operation.ts'

export const Platform = Type.Enum(['ANDROID', 'IOS', 'WEB'])
/** `token`: a push service's name of the device. Opaque; real ones are much shorter. */
const Device = Type.Object({ token: Text(1, 4096), platform: Platform })

export const pushOperations = forClients('push', {
  registerDevice: {
    summary: "Send the caller's pushes to this device; a former owner's stop",
    input: Device,
  },
  unregisterDevice: {
    summary: "Stop sending the caller's pushes to this device",
    input: Device,
  },
  setMentionAlarm: {
    summary: "Whether mentions are pushed although a room's alarm is off",
    input: Type.Object({ on: Type.Boolean() }),
  },
})

const AudienceCursor = Type.Object({ ...OneRoom, ...optional({ after: UserId }) })

export const pushSources = forServices('rooms', {
  listAudiences: {
    summary: 'Members whom messages may be pushed to, for many rooms, in bounded pages',
    input: Type.Object({
      rooms: Type.Array(
        Type.Object({
          ...OneRoom,
          /** The first message that may be pushed. */
          since: Seq,
          authorIds: Type.Array(UserId),
          /** Members to include although their alarm is off. */
          mentioned: Type.Array(UserId),
        }),
        { maxItems: 1000 },
      ),
      /** Where the next page begins: this room, after this member. */
      ...optional({ from: AudienceCursor }),
    }),
    output: Type.Object({
      rooms: Type.Array(
        Type.Object({
          ...OneRoom,
          name: Name,
          /** Messages from `since` on that are deleted or hidden. */
          gone: Type.Array(Seq),
          members: Type.Array(
            Type.Object({ userId: UserId, alarmOn: Type.Boolean(), readSeq: Seq, joinSeq: Seq }),
          ),
          /** Which of them have blocked which authors. */
          blocks: Type.Array(Type.Object({ userId: UserId, blockedId: UserId })),
        }),
      ),
      next: Nullable(AudienceCursor),
    }),
    timeoutMs: 10_000,
  },
  countBadges: {
    summary: 'The unread total of each user over all of their rooms',
    input: Type.Object({
      userIds: Type.Array(UserId, { maxItems: 500 }),
      /** Last seqs that rooms may not know yet. */
      lastSeqs: Type.Array(Type.Object({ ...OneRoom, seq: Seq }), { maxItems: 1000 }),
    }),
    output: Type.Object({
      badges: Type.Array(Type.Object({ userId: UserId, unread: Count })),
    }),
    timeoutMs: 10_000,
  },
})

export const pushInternals = forServices('push', {
  listDevices: {
    summary: 'Where a user gets pushes, without the tokens',
    input: UserId,
    output: Type.Object({ devices: Type.Array(Type.Object({ platform: Platform, seenAt: Timestamp })) }),
  },
})
