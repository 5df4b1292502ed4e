import http from 'node:http'
import https from 'node:https'
import { Client } from 'minio'

/** Longer than S3 takes to put the parts of a large file together. */
const IDLE_TIMEOUT_MS = 20_000

/** S3 cannot be reached, or cannot answer now. */
export class StorageError extends Error {
  override name = 'StorageError'
}

/** Listing the parts of one upload is public in S3, and not in the library's types. */
export class S3Client extends Client {
  override listParts(bucket: string, path: string, uploadId: string) {
    return super.listParts(bucket, path, uploadId)
  }
}

/** A client of the server that a URL names, with the credentials in it. */
export function clientOf(url: string, more: Partial<ConstructorParameters<typeof Client>[0]>) {
  const { protocol, hostname, port, username, password } = new URL(url)
  return new S3Client({
    // An IPv6 address stands in brackets in a URL only.
    endPoint: hostname.replace(/^\[|\]$/g, ''),
    ...(port && { port: Number(port) }),
    useSSL: protocol === 'https:',
    accessKey: decodeURIComponent(username),
    secretKey: decodeURIComponent(password),
    // It would tell of its retries on the console; whoever asks sends again.
    retryOptions: { disableRetry: true },
    ...more,
  })
}

/** Requests that end where S3 falls silent. */
export function patient(url: string): Pick<typeof http, 'request'> {
  const { request } = url.startsWith('https:') ? https : http
  const send = (options: http.RequestOptions, hear: (response: http.IncomingMessage) => void) => {
    const sent = request({ ...options, timeout: IDLE_TIMEOUT_MS }, hear)
    return sent.on('timeout', () => sent.destroy(new StorageError('S3 did not answer in time')))
  }
  return { request: send as typeof http.request }
}

const codeOf = (error: unknown) => (error as { code?: unknown } | null)?.code
const isMissing = (error: unknown) =>
  ['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes(codeOf(error) as string)

/** What S3 refuses stays as it is; what kept it from answering becomes a StorageError. */
export async function guarded<T>(work: () => Promise<T>, isRetry = false): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = String(codeOf(error) ?? '')
    // A kept connection may have been closed at the other end just now. Everything here may be done twice.
    if (['ECONNRESET', 'EPIPE'].includes(code) && !isRetry) return guarded(work, true)
    const isAway =
      /^E[A-Z]+$/.test(code) || ['InternalError', 'SlowDown', 'ServiceUnavailable'].includes(code)
    if (!isAway && !/Retryable HTTP status/.test((error as Error).message)) throw error
    throw new StorageError('S3 is away', { cause: error })
  }
}

/** null where S3 knows no such thing. */
export const unlessMissing = <T>(asked: Promise<T>): Promise<T | null> =>
  asked.catch((error) => {
    if (isMissing(error)) return null
    throw error
  })
