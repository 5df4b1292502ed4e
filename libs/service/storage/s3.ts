import http from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  clientOf,
  guarded,
  type S3Client,
  StorageError,
  unlessMissing,
  withIdleTimeout,
} from './s3-client.ts'

export type BucketOptions = {
  /** http(s)://access:secret@host:port */
  url: string
  /** The address in links that clients open, where it differs. */
  publicUrl?: string | null
  bucket: string
}
/** A stored part of an upload. `etag` identifies its bytes in S3. */
export type Part = { number: number; etag: string; size: number }

type Connections = { client: S3Client; signer: S3Client; bucket: string; agent: http.Agent }

const MAX_SOCKETS = 32

/** Opens a bucket, and creates it where it is missing. Objects are private: clients open them by signed links. */
export async function openBucket(options: BucketOptions): Promise<Bucket> {
  const { Agent } = options.url.startsWith('https:') ? https : http
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS })
  const client = clientOf(options.url, { transport: withIdleTimeout(options.url), transportAgent: agent })
  const { bucket } = options
  try {
    await guarded(() => ensureBucket(client, bucket))
    const region = await guarded(() => client.getBucketRegionAsync(bucket))
    // Signing sends no request, so the public address need not be reachable from here.
    const signer = clientOf(publicUrlOf(options), { region })
    return new Bucket({ client, signer, bucket, agent })
  } catch (cause) {
    agent.destroy()
    const { host } = new URL(options.url)
    const message = `S3 at ${host} cannot be used (${(cause as Error).message}): check CHAT_S3_URL`
    throw new Error(message, { cause })
  }
}

async function ensureBucket(client: S3Client, bucket: string) {
  if (await client.bucketExists(bucket)) return
  try {
    await client.makeBucket(bucket)
  } catch (error) {
    // Another instance may have created it. Servers differ in the error.
    if (!(await client.bucketExists(bucket))) throw error
  }
}

function publicUrlOf({ url, publicUrl }: BucketOptions): string {
  if (!publicUrl) return url
  const shown = new URL(publicUrl)
  const { username, password } = new URL(url)
  if (!shown.username) Object.assign(shown, { username, password })
  return shown.href
}

/** The objects of one bucket, and uploads in parts of at least 5 MiB each, the last one excepted. */
export class Bucket {
  private readonly s3: Connections

  constructor(s3: Connections) {
    this.s3 = s3
  }

  private request<T>(send: (client: S3Client, bucket: string) => Promise<T>): Promise<T> {
    return guarded(() => send(this.s3.client, this.s3.bucket))
  }

  async put(path: string, data: Buffer, mediaType: string) {
    const headers = { 'Content-Type': mediaType }
    await this.request((client, bucket) => client.putObject(bucket, path, data, data.length, headers))
  }

  async write(path: string, data: Readable, size: number) {
    await this.request((client, bucket) => client.putObject(bucket, path, data, size))
  }

  /** The whole object. @throws where there is none; the stream fails where S3 stops answering */
  read(path: string): Promise<Readable> {
    return this.request((client, bucket) => client.getObject(bucket, path))
  }

  /** Reads the whole object into `target`. @returns its length in bytes; null where there is none */
  async readInto(path: string, target: Buffer): Promise<number | null> {
    const stream = await unlessMissing(this.read(path))
    if (!stream) return null
    let length = 0
    for await (const piece of stream as AsyncIterable<Buffer>) {
      if (length + piece.length > target.length) throw new Error(`${path} is larger than its buffer`)
      length += piece.copy(target, length)
    }
    return length
  }

  start(path: string, length: number): Promise<Buffer> {
    return this.request(async (client, bucket) =>
      buffer(await client.getPartialObject(bucket, path, 0, length)),
    )
  }

  /** An object's size in bytes; null where there is none. */
  sizeOf(path: string): Promise<number | null> {
    return unlessMissing(this.request(async (client, bucket) => (await client.statObject(bucket, path)).size))
  }

  /** Does nothing where there is no such object. */
  async remove(path: string) {
    await unlessMissing(this.request((client, bucket) => client.removeObject(bucket, path)))
  }

  async removeAll(paths: string[]) {
    if (paths.length > 0) await this.request((client, bucket) => client.removeObjects(bucket, paths))
  }

  list(prefix: string): Promise<string[]> {
    return this.request(async (client, bucket) => {
      const paths: string[] = []
      for await (const { name } of client.listObjectsV2(bucket, prefix, true)) paths.push(name)
      return paths
    })
  }

  begin(path: string, mediaType: string): Promise<string> {
    const headers = { 'Content-Type': mediaType }
    return this.request((client, bucket) => client.initiateNewMultipartUpload(bucket, path, headers))
  }

  async putPart(path: string, uploadId: string, number: number, data: Buffer): Promise<Part> {
    const headers = { 'Content-Type': 'application/octet-stream' }
    const part = { objectName: path, uploadID: uploadId, partNumber: number, headers }
    try {
      const { etag } = await this.request((client, bucketName) =>
        client.uploadPart({ ...part, bucketName }, data),
      )
      return { number, etag, size: data.length }
    } catch (error) {
      // A server without such an upload may close the connection before its answer is read.
      if (!(error instanceof StorageError) || (await this.parts(path, uploadId)) !== null) throw error
      // Without its cause, which would make it an outage: the upload has to begin again.
      throw new Error(`S3 knows no upload ${uploadId}`)
    }
  }

  /** The stored parts, ascending; null where there is no such upload, or it is finished. */
  async parts(path: string, uploadId: string): Promise<Part[] | null> {
    const listed = await unlessMissing(
      this.request((client, bucket) => client.listParts(bucket, path, uploadId)),
    )
    const parts = listed?.map(({ part, etag, size }) => ({ number: part, etag, size }))
    return parts?.sort((one, other) => one.number - other.number) ?? null
  }

  /** Makes the object of its parts. Does nothing where the object is made already. */
  async complete(path: string, uploadId: string, parts: Part[]) {
    const etags = parts.map(({ number, etag }) => ({ part: number, etag }))
    const size = parts.reduce((sum, part) => sum + part.size, 0)
    try {
      await this.request((client, bucket) => client.completeMultipartUpload(bucket, path, uploadId, etags))
    } catch (error) {
      // Servers differ in the error for an upload that is complete already.
      if ((await this.sizeOf(path)) !== size) throw error
    }
  }

  async abort(path: string, uploadId: string) {
    await unlessMissing(this.request((client, bucket) => client.abortMultipartUpload(bucket, path, uploadId)))
  }

  linkToRead(
    path: string,
    { seconds, mediaType, disposition }: { seconds: number; mediaType: string; disposition: string },
  ): Promise<string> {
    const { signer, bucket } = this.s3
    return signer.presignedGetObject(bucket, path, seconds, {
      'response-content-type': mediaType,
      'response-content-disposition': disposition,
    })
  }

  /** A link that stores one part of an upload by PUT, valid for `seconds`. */
  linkToPart(path: string, uploadId: string, number: number, seconds: number): Promise<string> {
    const query = { uploadId, partNumber: String(number) }
    return this.s3.signer.presignedUrl('PUT', this.s3.bucket, path, seconds, query)
  }

  async ping() {
    await this.request((client, bucket) => client.bucketExists(bucket))
  }

  close() {
    this.s3.agent.destroy()
  }
}
