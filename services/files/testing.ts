import type { Envelope, Message } from '@chat/contract'
import { openBucket } from '@chat/service'
import type { PlainClient, TestStack } from '@chat/testing'
import mongoose from 'mongoose'
import sharp from 'sharp'

export type Sent = { roomId: string; syncKey: string; type: 'FILE' | 'VIDEO' | 'PHOTO'; name: string }
export type Ack = { slice?: number; progress: number; message?: Message }

/** A client's announcement of a file. */
export const announce = (roomId: string, more: Partial<Sent> = {}): Sent => ({
  ...{ roomId, syncKey: crypto.randomUUID(), type: 'FILE', name: 'file.bin' },
  ...more,
})

/** Random bytes of no file format. */
export function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let start = 0; start < size; start += 65_536)
    crypto.getRandomValues(bytes.subarray(start, start + 65_536))
  bytes.set([0, 1, 2, 3].slice(0, size))
  return bytes
}

export const chunkOf = (data: Uint8Array, index: number, chunkBytes: number) =>
  data.subarray(index * chunkBytes, (index + 1) * chunkBytes)

/** Sends one chunk with its slice number. */
export const sendChunk = (
  who: PlainClient,
  file: Sent,
  data: Uint8Array,
  slice: number,
  chunkBytes: number,
) =>
  who.ask('sendFileMessage', {
    ...file,
    ...{ size: data.length, slice, data: chunkOf(data, slice, chunkBytes) },
  }) as Promise<Envelope<Ack>>

/** Sends chunks like the original document's client: the one that the ack names, without slice numbers. */
export async function sendPlainly(who: PlainClient, file: Sent, data: Uint8Array, chunkBytes = 50_000) {
  let next = 0
  for (;;) {
    const chunk = { ...file, size: data.length, data: chunkOf(data, next, chunkBytes) }
    const envelope = (await who.ask('sendFileMessage', chunk)) as Envelope<Ack>
    if (!envelope.data?.slice) return envelope
    next = envelope.data.slice
  }
}

/** Sends a whole file. @throws if it is refused */
export async function send(who: PlainClient, file: Sent, data: Uint8Array, chunkBytes = 500_000) {
  const { data: ack, error } = await sendPlainly(who, file, data, chunkBytes)
  if (!ack?.message) throw new Error(`${file.name} was refused: ${error}`)
  return { message: ack.message, file: ack.message.data.content.files?.[0] as StoredFile }
}
export type StoredFile = NonNullable<Message['data']['content']['files']>[number]

/** Direct access to the bucket and the database of a stack's files. */
export async function openStored(stack: TestStack) {
  const bucket = await openBucket({ url: stack.s3Url, bucket: stack.config.s3.bucket })
  const database = await mongoose
    .createConnection(stack.mongoUrl, { dbName: `${stack.root}_files` })
    .asPromise()
  return {
    bucket,
    database,
    bytes: (path: string) => bucket.start(path, 1_000_000_000),
    collection: <T extends object = mongoose.mongo.BSON.Document>(name: string) =>
      database.collection<T>(name),
    close: async () => {
      bucket.close()
      await database.close()
    },
  }
}
export type Stored = Awaited<ReturnType<typeof openStored>>

/** A picture with some content. */
export const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#ff8800' } })
