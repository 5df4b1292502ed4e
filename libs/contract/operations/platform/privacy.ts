import { type TProperties, Type } from 'typebox'
import { Names, PersonalRecords } from '../../schemas/platform-values.ts'
import { Cursor, MessageId, Nullable, Result, RoomId, UserId } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

const Person = { userId: UserId, cursor: Type.Optional(Cursor) }

/** Goes with a room that is deleted. */
const purge = (summary: string) => ({
  summary,
  input: Type.Object({ roomId: RoomId }),
  output: Result,
  timeoutMs: 60_000,
})
/** One step of an erasure. It may be repeated; `nextCursor` is null once it is finished. */
const erase = <I extends TProperties>(summary: string, input: I) => ({
  summary,
  input: Type.Object(input),
  output: Type.Object({ nextCursor: Nullable(Cursor) }),
  timeoutMs: 60_000,
})
/** A page of what is stored about a person. */
const collect = (summary: string, timeoutMs: number) => ({
  summary,
  input: Type.Object(Person),
  output: PersonalRecords,
  timeoutMs,
})

export const messagePrivacy = forServices('messages', {
  purgeRoomMessages: purge('Delete everything that was said in a room that is going away'),
  eraseUserInMessages: erase(
    'Empty what somebody has written, some rooms at a time, and take their name off it and out of what mentions them',
    { ...Person, ...Names },
  ),
  listErasedMentions: {
    summary:
      'Messages that have mentioned somebody whose messages are erased, in the order of their ids: what was taken from one may say the name',
    input: Type.Object({ ...Person, roomId: Type.Optional(RoomId) }),
    output: Type.Object({ messageIds: Type.Array(MessageId), nextCursor: Nullable(Cursor) }),
    timeoutMs: 10_000,
  },
  forgetErasedMentions: {
    summary: 'Last step of an erasure: nothing tells any more where somebody was mentioned',
    input: Type.Object({ userId: UserId }),
    output: Result,
    timeoutMs: 60_000,
  },
  exportUserFromMessages: collect('What somebody has written and reported', 30_000),
})

export const roomPrivacy = forServices('rooms', {
  expelUser: {
    summary: 'First step of an erasure: no token is good any more, and every room is left',
    input: Type.Object({ userId: UserId }),
    output: Result,
    timeoutMs: 60_000,
  },
  eraseUserInRooms: erase('Erase what rooms and the directory still know of somebody who was expelled', {
    ...Person,
    ...Names,
  }),
  exportUserFromRooms: collect('What rooms and the directory know of a user', 10_000),
})

export const filePrivacy = forServices('files', {
  purgeRoomFiles: purge('Let go of the files of a room that is going away'),
  eraseUserInFiles: erase(
    'Remove what somebody has uploaded; what others have shared on loses its owner',
    Person,
  ),
  exportUserFromFiles: collect('What somebody has uploaded', 30_000),
})

export const pushPrivacy = forServices('push', {
  purgeRoomPushes: purge('Tell nobody any more of a room that is going away'),
  eraseUserInPushes: erase(
    "Forget somebody's devices, and what was or would be sent to them or because of them",
    Person,
  ),
  exportUserFromPushes: collect('Where somebody gets pushes, and of what', 10_000),
})
