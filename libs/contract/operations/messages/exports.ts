import { type Static, Type } from 'typebox'
import { OneRoom, UserId } from '../../schemas/ids.ts'
import { Email, Instant, Nullable, optional, PageOf, Paging, Text, Timestamp } from '../../schemas/values.ts'
import { forClients, forServices } from '../operation.ts'

const ExportId = Text(1, 64)
const Format = Type.Enum(['JSON', 'CSV', 'TXT'])

/**
 * What to export: all messages of a room up to now, or those of a period (`to` is exclusive). With `email` the link is
 * mailed there instead of being sent to the asker's sockets.
 */
const WantedExport = Type.Object({
  ...OneRoom,
  format: Format,
  ...optional({ email: Email, from: Instant, to: Instant }),
})
const ExportName = Type.Object({ exportId: ExportId })

export const Export = Type.Object({
  exportId: ExportId,
  ...OneRoom,
  /** Who asked for it; null for the platform. */
  userId: Nullable(UserId),
  format: Format,
  state: Type.Enum(['WAITING', 'RUNNING', 'READY', 'FAILED']),
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  /** The link and its end; null until the export is ready, and in lists. */
  url: Nullable(Type.String()),
  expiresAt: Nullable(Timestamp),
  createdAt: Timestamp,
})
export type Export = Static<typeof Export>

export const exportOperations = forClients('messages', {
  exportMessages: {
    summary: "Write a room's messages into a file; the link comes as `exportReady`, or by mail",
    input: WantedExport,
    output: ExportName,
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

export const platformExports = forServices('messages', {
  startExport: {
    summary: 'A platform exports a room, as `exportMessages` does for a member',
    input: WantedExport,
    output: ExportName,
    errors: exportOperations.exportMessages.errors,
  },
  getExport: {
    summary: 'The progress of an export, and its link once it is ready',
    input: ExportName,
    output: Export,
    errors: ['FILE_NO_EXISTS'],
  },
  listExports: {
    summary: "Everybody's exports of the last day, newest first",
    input: Type.Object(Paging),
    output: PageOf(Export),
  },
})
