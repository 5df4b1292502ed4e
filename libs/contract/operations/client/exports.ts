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

/** What to export: all that was said in a room by now, or from one time up to another (exclusive). */
export const WantedExport = {
  roomId: RoomId,
  format: Type.Enum(['JSON', 'CSV', 'TXT']),
  /** Where the link is mailed to, instead of being told to the asker's sockets. */
  email: Type.Optional(Email),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
}
export const Started = Type.Object({ exportId: ExportId })

export const Export = Type.Object({
  exportId: ExportId,
  roomId: RoomId,
  /** Who asked for it; null where the platform did. */
  userId: Nullable(UserId),
  format: WantedExport.format,
  state: Type.Enum(['WAITING', 'RUNNING', 'READY', 'FAILED']),
  /** In percent. */
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  /** Where it can be had until then; both null until it is ready, and in lists. */
  url: Nullable(Type.String()),
  expiresAt: Nullable(Timestamp),
  createdAt: Timestamp,
})
export type Export = Static<typeof Export>

export const ExportName = Type.Object({ exportId: ExportId })

/** A room's messages as a file. */
export const exportOperations = forClients('messages', {
  exportMessages: {
    summary: 'Write what was said in a room into a file; the link comes as `exportReady`, or by mail',
    input: Type.Object(WantedExport),
    output: Started,
    errors: ['ROOM_NO_EXISTS', 'MAIL_NOT_CONFIGURED', 'RATE_LIMITED'],
  },
  getOwnExport: {
    event: 'getExport',
    summary:
      'How far an own export is, and where it can be had, for one who was offline when it was ready too',
    input: ExportName,
    output: Export,
    errors: ['FILE_NO_EXISTS', 'ROOM_NO_EXISTS'],
  },
  listOwnExports: {
    event: 'listExports',
    summary: 'The own exports of the last day, newest first',
    input: Type.Object(Paging),
    output: PageOf(Export),
  },
})
