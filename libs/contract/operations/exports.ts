import { type Static, Type } from 'typebox'
import {
  Cursor,
  Email,
  Instant,
  Limit,
  Nullable,
  RoomId,
  Text,
  Timestamp,
  UserId,
} from '../schemas/values.ts'
import { operation } from './operation.ts'

const ExportId = Text(1, 64)

/** What to export: all that was said in a room by now, or from one time up to another (exclusive). */
const Wanted = {
  roomId: RoomId,
  format: Type.Enum(['JSON', 'CSV', 'TXT']),
  /** Where the link is mailed to, instead of being told to the asker's sockets. */
  email: Type.Optional(Email),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
}
const Started = Type.Object({ exportId: ExportId })

export const Export = Type.Object({
  exportId: ExportId,
  roomId: RoomId,
  /** Who asked for it; null where the platform did. */
  userId: Nullable(UserId),
  format: Wanted.format,
  state: Type.Enum(['WAITING', 'RUNNING', 'READY', 'FAILED']),
  /** In percent. */
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  /** Where it can be had until then; both null until it is ready, and in lists. */
  url: Nullable(Type.String()),
  expiresAt: Nullable(Timestamp),
  createdAt: Timestamp,
})
export type Export = Static<typeof Export>

const One = Type.Object({ exportId: ExportId })
const Page = Type.Object({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) })
const ExportPage = Type.Object({ list: Type.Array(Export), nextCursor: Nullable(Cursor) })

/** A room's messages as a file. */
export const exportOperations = {
  exportMessages: operation({
    service: 'messages',
    event: 'exportMessages',
    summary: 'Write what was said in a room into a file; the link comes as `exportReady`, or by mail',
    input: Type.Object(Wanted),
    output: Started,
    errors: ['ROOM_NO_EXISTS', 'MAIL_NOT_CONFIGURED', 'RATE_LIMITED'],
  }),
  getOwnExport: operation({
    service: 'messages',
    event: 'getExport',
    summary:
      'How far an own export is, and where it can be had, for one who was offline when it was ready too',
    input: One,
    output: Export,
    errors: ['FILE_NO_EXISTS', 'ROOM_NO_EXISTS'],
  }),
  listOwnExports: operation({
    service: 'messages',
    event: 'listExports',
    summary: 'The own exports of the last day, newest first',
    input: Page,
    output: ExportPage,
    errors: [],
  }),
}

/** Likewise for platforms, which are in every room. */
export const platformExports = {
  startExport: operation({
    service: 'messages',
    summary: 'A platform exports a room, as `exportMessages` does for a member',
    input: Type.Object(Wanted),
    output: Started,
    errors: exportOperations.exportMessages.errors,
  }),
  getExport: operation({
    service: 'messages',
    summary: "How far anybody's export is, and where it can be had",
    input: One,
    output: Export,
    errors: ['FILE_NO_EXISTS'],
  }),
  listExports: operation({
    service: 'messages',
    summary: "Everybody's exports of the last day, newest first",
    input: Page,
    output: ExportPage,
    errors: [],
  }),
}
