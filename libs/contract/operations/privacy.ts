import { type Static, type TProperties, Type } from 'typebox'
import { MessageId, OneRoom, UserId } from '../schemas/ids.ts'
import { Cursor, Name, Nullable, optional, Text } from '../schemas/values.ts'
import { forServices } from './operation.ts'

/** Most namesakes that an erasure takes into account. */
export const MAX_ALIKES = 1_000
/** The erased person's name, and other users whose names equal it or begin with it. */
const Names = optional({
  nickName: Name,
  alikes: Type.Array(Type.Object({ userId: UserId, nickName: Name }), { maxItems: MAX_ALIKES }),
})

/** A page of what is stored about a person; `value` is the stored document. */
export const PersonalRecords = Type.Object({
  records: Type.Array(
    Type.Object({ kind: Text(1, 100), value: Type.Unsafe<Record<string, unknown>>({ type: 'object' }) }),
  ),
  nextCursor: Nullable(Cursor),
})
export type PersonalRecords = Static<typeof PersonalRecords>

const Person = { userId: UserId, ...optional({ cursor: Cursor }) }

const purge = (summary: string) => ({
  summary,
  input: Type.Object(OneRoom),
  timeoutMs: 60_000,
})
/** One step of an erasure. It may be repeated; `nextCursor` is null once it is finished. */
const erase = <I extends TProperties>(summary: string, input: I) => ({
  summary,
  input: Type.Object(input),
  output: Type.Object({ nextCursor: Nullable(Cursor) }),
  timeoutMs: 60_000,
})
const collect = (summary: string, timeoutMs: number) => ({
  summary,
  input: Type.Object(Person),
  output: PersonalRecords,
  timeoutMs,
})

export const messagePrivacy = forServices('messages', {
  purgeRoomMessages: purge('Delete the messages of a room that is deleted'),
  eraseUserInMessages: erase("Erase a person's messages and mentions, some rooms at a time", {
    ...Person,
    ...Names,
  }),
  listErasedMentions: {
    summary:
      'Messages that mention or mentioned an erased person, in the order of their ids: quotes of them may contain the name',
    input: Type.Object({ ...Person, ...optional(OneRoom) }),
    output: Type.Object({ messageIds: Type.Array(MessageId), nextCursor: Nullable(Cursor) }),
    timeoutMs: 10_000,
  },
  forgetErasedMentions: {
    summary: 'Last step of an erasure: forget where the person was mentioned',
    input: Type.Object({ userId: UserId }),
    timeoutMs: 60_000,
  },
  exportUserFromMessages: collect("A person's messages and reports", 30_000),
})

export const roomPrivacy = forServices('rooms', {
  expelUser: {
    summary: 'First step of an erasure: revoke all tokens and leave every room',
    input: Type.Object({ userId: UserId }),
    timeoutMs: 60_000,
  },
  eraseUserInRooms: erase('Erase what rooms and the directory know of a person who was expelled', {
    ...Person,
    ...Names,
  }),
  exportUserFromRooms: collect("A person's directory entry and memberships", 10_000),
})

export const filePrivacy = forServices('files', {
  purgeRoomFiles: purge('Release the files of a room that is deleted'),
  eraseUserInFiles: erase("Remove a person's files; a file that others have shared stays without its owner", {
    ...Person,
    ...Names,
  }),
  exportUserFromFiles: collect("A person's files", 30_000),
})

export const pushPrivacy = forServices('push', {
  purgeRoomPushes: purge('Drop the pushes of a room that is deleted'),
  eraseUserInPushes: erase("Erase a person's devices and pushes", { ...Person, ...Names }),
  exportUserFromPushes: collect("A person's devices and pushes", 10_000),
})
