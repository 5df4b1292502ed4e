import { Type } from 'typebox'
import { FileMessageType, Message } from '../schemas/entities.ts'
import { OneRoom, SyncKey } from '../schemas/ids.ts'
import { MessageAnswer } from '../schemas/shapes.ts'
import { Bytes, Count, FileName, FilePath, IssuedAt, optional, Timestamp } from '../schemas/values.ts'
import { forClients, forServices, MAY_NOT_POST } from './operation.ts'

/** `size`: of the whole file, in bytes. */
const Upload = { syncKey: SyncKey, ...OneRoom, type: FileMessageType, size: Count, name: FileName }
/** `thumbnail`: its thumbnail or poster instead of the file. `download`: served as an attachment. */
const WantedFile = {
  path: FilePath,
  ...optional({ thumbnail: Type.Boolean(), download: Type.Boolean() }),
}
/** A link that works for a short time without a token. */
const FileLink = Type.Object({ url: Type.String(), expiresAt: Timestamp })
const PartNumber = Type.Integer({ minimum: 1, maximum: 10_000 })
const StoredPart = Type.Object({
  partNumber: PartNumber,
  ...optional({ etag: Type.String({ maxLength: 200 }) }),
})

const REFUSALS = [
  ...MAY_NOT_POST,
  'SEND_FILE_IS_EMPTY',
  'FILE_TOO_LARGE',
  'FILE_TYPE_NOT_ALLOWED',
  'RATE_LIMITED',
] as const

export const fileOperations = forClients('files', {
  sendFileMessage: {
    summary: 'Send a file chunk by chunk; the last chunk posts the message',
    input: Type.Object({ ...Upload, ...optional({ slice: Count }), data: Bytes }),
    bytes: 'data',
    /** `slice`: the index of the next chunk; absent once all have come. */
    output: Type.Object({
      ...optional({ slice: Count }),
      progress: Type.Number({ minimum: 0, maximum: 100 }),
      ...optional({ message: Message }),
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
      ...OneRoom,
      syncKey: SyncKey,
      ...optional({ parts: Type.Array(StoredPart, { maxItems: 10_000 }) }),
    }),
    output: MessageAnswer,
    errors: [...REFUSALS, 'FILE_NO_EXISTS_WITH_SYNC_KEY'],
    timeoutMs: 60_000,
  },
  getFileUrl: {
    summary: 'A link to a file that a message of the room refers to',
    input: Type.Object({ ...OneRoom, ...WantedFile }),
    output: FileLink,
    errors: ['ROOM_NO_EXISTS', 'FILE_NO_EXISTS'],
    rate: 'read',
  },
})

export const fileInternals = forServices('files', {
  openFile: {
    summary: "A link to a file that a message in any of the caller's rooms refers to",
    /** `issuedAt`: when the asker's token was issued. */
    input: Type.Object({ ...WantedFile, ...optional({ issuedAt: IssuedAt }) }),
    output: FileLink,
    errors: ['FILE_NO_EXISTS', 'TOKEN_INVALID'],
  },
})
