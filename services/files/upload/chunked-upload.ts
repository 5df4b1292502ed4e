import { type Caller, Fault, type Input, type Message, type Output } from '@chat/contract'
import type { Tail } from './chunk-store.ts'
import { assembleChunks, uploadParts } from './part-upload.ts'
import type { UploadParts } from './parts.ts'
import { completeUpload } from './upload-completion.ts'
import { endUpload } from './upload-removal.ts'
import { findMessage, openUpload, requireFound } from './upload-start.ts'
import { type UploadDoc, uploadKey } from './upload-store.ts'

type Chunk = Input<'sendFileMessage'>
type Ack = Output<'sendFileMessage'>

/** How long an upload counts as open after its last chunk. */
const OPEN_MS = 120_000
const TOUCH_INTERVAL_MS = 15_000
/** A chunk costs something whatever its size: a file may have this many, and one more per BYTES_PER_CHUNK. */
const MAX_CHUNKS = 1_000
const BYTES_PER_CHUNK = 1_024

/** Acks a chunk when it is stored. @returns the next chunk's index, or the message once the file is complete */
export function takeChunk(parts: UploadParts, caller: Caller, chunk: Chunk): Promise<Ack> {
  const { limits, queue } = parts
  if (chunk.data.length > limits.chunkBytes)
    throw new Fault('INVALID_REQUEST', { message: `A chunk has ${limits.chunkBytes} bytes at most` })
  return queue.run(uploadKey({ way: 'chunks', owner: caller.userId, ...chunk }), async () => {
    const check = () => checkFirst(parts, chunk)
    const opened = await openUpload(parts, caller, { ...chunk, way: 'chunks', openMs: OPEN_MS, check })
    if ('message' in opened) return complete(opened.message)
    return append(parts, caller, await touch(parts, opened.upload), chunk)
  })
}

async function checkFirst({ typePolicy }: UploadParts, { slice = 0, data, size, type }: Chunk) {
  if (slice > 0) throw new Fault('FILE_NO_EXISTS_WITH_SYNC_KEY')
  if (data.length === 0) throw new Fault('SEND_FILE_IS_EMPTY')
  return typePolicy.check(type, data, data.length === size)
}

async function append(parts: UploadParts, caller: Caller, upload: UploadDoc, chunk: Chunk): Promise<Ack> {
  const tail = await parts.chunks.tail(upload.id)
  if (tail.bytes === upload.size) return finish(parts, caller, upload, tail)
  const index = chunk.slice ?? tail.slices
  if (index < tail.slices) return progress(upload, tail)
  if (index > tail.slices) throw new Fault('FILE_CHUNK_OUT_OF_ORDER', { data: progress(upload, tail) })
  await requireFit(parts, upload, tail, chunk.data.length)
  // Before the chunk is stored: when S3 fails, the client knows that the chunk was not taken.
  const current = requireFound(await uploadParts(parts, upload, tail))
  if (!(await parts.chunks.add(upload.id, tail, chunk.data))) return append(parts, caller, current, chunk)
  const next = { slices: tail.slices + 1, bytes: tail.bytes + chunk.data.length }
  return next.bytes === upload.size ? finish(parts, caller, current, next) : progress(upload, next)
}

async function requireFit(parts: UploadParts, upload: UploadDoc, tail: Tail, length: number) {
  if (length === 0) throw new Fault('SEND_FILE_IS_EMPTY')
  if (tail.slices >= MAX_CHUNKS + upload.size / BYTES_PER_CHUNK)
    throw new Fault('INVALID_REQUEST', { message: 'The chunks are too small' })
  if (tail.bytes + length <= upload.size) return
  // This is not the announced file: the upload ends, so that the client can begin again.
  await endUpload(parts, upload)
  throw new Fault('INVALID_REQUEST', { message: `More bytes than the ${upload.size} announced` })
}

async function touch({ uploads }: UploadParts, upload: UploadDoc): Promise<UploadDoc> {
  if (Date.now() - upload.touchedAt.getTime() < TOUCH_INTERVAL_MS) return upload
  return requireFound(await uploads.touch(upload, new Date(Date.now() + OPEN_MS)))
}

async function finish(parts: UploadParts, caller: Caller, upload: UploadDoc, tail: Tail): Promise<Ack> {
  const assemble = () => assembleChunks(parts, upload, tail)
  const made = await completeUpload(parts, caller, upload, assemble)
  if (made) await parts.chunks.removeAll(upload.id, tail.slices - 1)
  return complete(requireFound(made ?? (await findMessage(parts, caller, upload))))
}

const complete = (message: Message): Ack => ({ message, progress: 100 })
const progress = ({ size }: UploadDoc, { slices, bytes }: Tail): Ack => ({
  slice: slices,
  progress: Math.floor((100 * bytes) / size),
})
