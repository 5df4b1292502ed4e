import { Type } from 'typebox'
import { Message } from '../schemas/entities.ts'
import { Names, PersonalRecords } from '../schemas/platform-values.ts'
import {
  Cursor,
  Limit,
  MessageId,
  Nullable,
  Result,
  RoomId,
  Text,
  Timestamp,
  UserId,
} from '../schemas/values.ts'
import { operation } from './operation.ts'

const One = { roomId: RoomId, messageId: MessageId }
const Page = { limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) }
const MISSING = ['ROOM_NO_EXISTS', 'MESSAGE_NO_EXISTS'] as const

/** What a member has put on the review list: the message as it was then. */
const Report = Type.Object({
  roomId: RoomId,
  messageId: MessageId,
  reporterId: UserId,
  reason: Text(1, 1000),
  message: Message,
  createdAt: Timestamp,
})

/** Messages as a platform keeps them: it sees everything, hidden content included. */
export const platformMessages = {
  listRoomMessages: operation({
    service: 'messages',
    summary: 'Messages of a room, newest first',
    input: Type.Object({ roomId: RoomId, ...Page }),
    output: Type.Object({ list: Type.Array(Message), nextCursor: Nullable(Cursor) }),
    errors: ['ROOM_NO_EXISTS'],
  }),
  getMessage: operation({
    service: 'messages',
    summary: 'One message',
    input: Type.Object(One),
    output: Message,
    errors: MISSING,
  }),
  updateMessage: operation({
    service: 'messages',
    summary: "Hide a message or show it again; set a card's acceptedStatus",
    input: Type.Object({
      ...One,
      hidden: Type.Optional(Type.Boolean()),
      acceptedStatus: Type.Optional(Type.Boolean()),
    }),
    output: Message,
    errors: MISSING,
    timeoutMs: 10_000,
  }),
  removeMessage: operation({
    service: 'messages',
    summary: 'Empty a message for everybody; it keeps its place',
    input: Type.Object(One),
    output: Result,
    errors: MISSING,
    timeoutMs: 10_000,
  }),
  listReports: operation({
    service: 'messages',
    summary: 'What members have reported, newest first',
    input: Type.Object({ roomId: Type.Optional(RoomId), ...Page }),
    output: Type.Object({ list: Type.Array(Report), nextCursor: Nullable(Cursor) }),
    errors: [],
  }),
  purgeRoomMessages: operation({
    service: 'messages',
    summary: 'Delete everything that was said in a room that is going away',
    input: Type.Object({ roomId: RoomId }),
    output: Result,
    errors: [],
    timeoutMs: 60_000,
  }),
  eraseUserInMessages: operation({
    service: 'messages',
    summary:
      'Empty what somebody has written, some rooms at a time, and take their name off it and out of what mentions them',
    input: Type.Object({ userId: UserId, ...Names, cursor: Type.Optional(Cursor) }),
    output: Type.Object({ nextCursor: Nullable(Cursor) }),
    errors: [],
    timeoutMs: 60_000,
  }),
  listErasedMentions: operation({
    service: 'messages',
    summary:
      'Messages that have mentioned somebody whose messages are erased, in the order of their ids: what was taken from one may say the name',
    input: Type.Object({
      userId: UserId,
      roomId: Type.Optional(RoomId),
      cursor: Type.Optional(Cursor),
    }),
    output: Type.Object({ messageIds: Type.Array(MessageId), nextCursor: Nullable(Cursor) }),
    errors: [],
    timeoutMs: 10_000,
  }),
  forgetErasedMentions: operation({
    service: 'messages',
    summary: 'Last step of an erasure: nothing tells any more where somebody was mentioned',
    input: Type.Object({ userId: UserId }),
    output: Result,
    errors: [],
    timeoutMs: 60_000,
  }),
  exportUserFromMessages: operation({
    service: 'messages',
    summary: 'What somebody has written and reported',
    input: Type.Object({ userId: UserId, cursor: Type.Optional(Cursor) }),
    output: PersonalRecords,
    errors: [],
    timeoutMs: 30_000,
  }),
}

/** Files as a platform disposes of them. */
export const platformFiles = {
  purgeRoomFiles: operation({
    service: 'files',
    summary: 'Let go of the files of a room that is going away',
    input: Type.Object({ roomId: RoomId }),
    output: Result,
    errors: [],
    timeoutMs: 60_000,
  }),
  eraseUserInFiles: operation({
    service: 'files',
    summary: 'Remove what somebody has uploaded; what others have shared on loses its owner',
    input: Type.Object({ userId: UserId, cursor: Type.Optional(Cursor) }),
    output: Type.Object({ nextCursor: Nullable(Cursor) }),
    errors: [],
    timeoutMs: 60_000,
  }),
  exportUserFromFiles: operation({
    service: 'files',
    summary: 'What somebody has uploaded',
    input: Type.Object({ userId: UserId, cursor: Type.Optional(Cursor) }),
    output: PersonalRecords,
    errors: [],
    timeoutMs: 30_000,
  }),
}
