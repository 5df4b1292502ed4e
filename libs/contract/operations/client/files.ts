import { Type } from 'typebox'
import { FileMessageType, Message } from '../../schemas/entities.ts'
import { Bytes, FileName, FilePath, RoomId, SyncKey, Timestamp } from '../../schemas/values.ts'
import { forClients } from '../operation.ts'

const Upload = {
  syncKey: SyncKey,
  roomId: RoomId,
  type: FileMessageType,
  /** Of the whole file, in bytes. */
  size: Type.Integer({ minimum: 0 }),
  name: FileName,
}
export const WantedFile = {
  path: FilePath,
  /** Its thumbnail or poster instead of the file. */
  thumbnail: Type.Optional(Type.Boolean()),
  /** Served as an attachment. */
  download: Type.Optional(Type.Boolean()),
}
/** A link that works for a short time without a token. */
export const FileLink = Type.Object({ url: Type.String(), expiresAt: Timestamp })
const PartNumber = Type.Integer({ minimum: 1, maximum: 10_000 })

const REFUSALS = [
  'ROOM_NO_EXISTS',
  'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
  'USER_IS_MUTED',
  'SEND_FILE_IS_EMPTY',
  'FILE_TOO_LARGE',
  'FILE_TYPE_NOT_ALLOWED',
  'RATE_LIMITED',
] as const

/** What the files service does for clients. */
export const fileOperations = forClients('files', {
  sendFileMessage: {
    summary: 'Send a file chunk by chunk; the last chunk posts the message',
    input: Type.Object({ ...Upload, slice: Type.Optional(Type.Integer({ minimum: 0 })), data: Bytes }),
    /** The field that travels as bytes. */
    bytes: 'data',
    output: Type.Object({
      /** The index of the next chunk; absent once all have come. */
      slice: Type.Optional(Type.Integer({ minimum: 0 })),
      progress: Type.Number({ minimum: 0, maximum: 100 }),
      message: Type.Optional(Message),
    }),
    errors: [...REFUSALS, 'FILE_CHUNK_OUT_OF_ORDER', 'FILE_NO_EXISTS_WITH_SYNC_KEY'],
    rate: 'none',
    timeoutMs: 30_000,
  },
  createUpload: {
    summary: 'Links to which the parts of a large file are sent directly; asked again, those still missing',
    input: Type.Object(Upload),
    output: Type.Object({
      parts: Type.Array(Type.Object({ partNumber: PartNumber, url: Type.String() })),
      /** Every part but the last has this size, in bytes. */
      partSize: Type.Integer({ minimum: 1 }),
      expiresAt: Timestamp,
    }),
    errors: REFUSALS,
    timeoutMs: 10_000,
  },
  completeUpload: {
    summary: 'Check the parts that were sent, and post the message',
    input: Type.Object({
      roomId: RoomId,
      syncKey: SyncKey,
      parts: Type.Optional(
        Type.Array(
          Type.Object({ partNumber: PartNumber, etag: Type.Optional(Type.String({ maxLength: 200 })) }),
          {
            maxItems: 10_000,
          },
        ),
      ),
    }),
    output: Type.Object({ message: Message }),
    errors: [...REFUSALS, 'FILE_NO_EXISTS_WITH_SYNC_KEY'],
    timeoutMs: 60_000,
  },
  getFileUrl: {
    summary: 'A link to a file that a message of the room refers to',
    input: Type.Object({ roomId: RoomId, ...WantedFile }),
    output: FileLink,
    errors: ['ROOM_NO_EXISTS', 'FILE_NO_EXISTS'],
    rate: 'read',
  },
})
