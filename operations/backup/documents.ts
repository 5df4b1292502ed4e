import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGunzip, createGzip } from 'node:zlib'
import mongoose, { type mongo } from 'mongoose'

const { BSON } = mongoose.mongo
const BATCH = 1_000
const LENGTH_BYTES = 4

/**
 * Writes a collection in the format of mongodump: concatenated BSON documents, gzipped.
 * @returns the number of documents
 */
export async function dump(collection: mongo.Collection, file: string, session?: mongo.ClientSession) {
  await mkdir(dirname(file), { recursive: true })
  let count = 0
  async function* documents() {
    // In the order of _id, so that a document that is removed and inserted again meanwhile appears once.
    const cursor = collection.find({}, { raw: true, batchSize: BATCH, ...(session && { session }) })
    for await (const document of cursor.sort({ _id: 1 })) {
      count += 1
      yield document as unknown as Uint8Array
    }
  }
  const gzip = createGzip({ level: constants.Z_BEST_SPEED })
  await pipeline(Readable.from(documents()), gzip, createWriteStream(file))
  return count
}

/** Loads such a file into a collection; BSON types are kept. @returns the number of documents */
export async function load(file: string, collection: mongo.Collection): Promise<number> {
  let count = 0
  let batch: mongo.BSON.Document[] = []
  const store = async () => {
    if (batch.length > 0) await collection.insertMany(batch, { ordered: false })
    count += batch.length
    batch = []
  }
  for await (const bytes of documentsOf(file)) {
    batch.push(BSON.deserialize(bytes, { promoteValues: false, promoteBuffers: false }))
    if (batch.length >= BATCH) await store()
  }
  await store()
  return count
}

/** @throws if the file is damaged */
export async function countIn(file: string): Promise<number> {
  let count = 0
  for await (const _ of documentsOf(file)) count += 1
  return count
}

/** pipe() does not forward errors, so an error of the file is passed on here. */
function documentsOf(file: string): AsyncGenerator<Buffer> {
  const unpacked = createGunzip()
  createReadStream(file)
    .on('error', (error) => unpacked.destroy(error))
    .pipe(unpacked)
  return documentsIn(unpacked)
}

async function* documentsIn(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of stream) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let at = 0
    while (rest.length - at >= LENGTH_BYTES && rest.length - at >= rest.readInt32LE(at)) {
      const end = at + rest.readInt32LE(at)
      yield rest.subarray(at, end)
      at = end
    }
    rest = rest.subarray(at)
  }
  if (rest.length > 0) throw new Error('The file ends within a document')
}
