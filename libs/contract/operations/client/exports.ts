import { type Static, Type } from 'typebox'
import {
  Email,
  Instant,
  Nullable,
  PageOf,
  Paging,
  RoomId,
  Text,
  Timestamp,
  UserId,
} from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

const ExportId = Text(1, 64)

/** What to export: all messages of a room up to now, or those of a period (`to` is exclusive). */
export const WantedExport = {
  roomId: RoomId,
  format: Type.Enum(['JSON', 'CSV', 'TXT']),
  /** The link is mailed here instead of being sent to the asker's sockets. */
  email: Type.Optional(Email),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
}
export const Started = Type.Object({ exportId: ExportId })

export const Export = Type.Object({
  exportId: ExportId,
  roomId: RoomId,
  /** Who asked for it; null for the platform. */
  userId: Nullable(UserId),
  format: WantedExport.format,
  state: Type.Enum(['WAITING', 'RUNNING', 'READY', 'FAILED']),
  /** In percent. */
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  /** The link and its end; null until the export is ready, and in lists. */
  url: Nullable(Type.String()),
  expiresAt: Nullable(Timestamp),
  createdAt: Timestamp,
})
export type Export = Static<typeof Export>

export const ExportName = Type.Object({ exportId: ExportId })

/** A room's messages as a file. */
export const exportOperations = forClients('messages', {
  exportMessages: {
    summary: "Write a room's messages into a file; the link comes as `exportReady`, or by mail",
    input: Type.Object(WantedExport),
    output: Started,
    errors: ['ROOM_NO_EXISTS', 'MAIL_NOT_CONFIGURED', 'RATE_LIMITED'],
  },
  getOwnExport: {
    event: 'getExport',
    summary: 'The progress of an own export, and its link once it is ready',
    input: ExportName,
    output: Export,
    errors: ['FILE_NO_EXISTS', 'ROOM_NO_EXISTS'],
  },
  listOwnExports: {
    event: 'listExports',
    summary: "The caller's exports of the last day, newest first",
    input: Type.Object(Paging),
    output: PageOf(Export),
  },
})
