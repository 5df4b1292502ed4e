import http from 'node:http'
import https from 'node:https'
import { Client } from 'minio'

/** Longer than S3 takes to complete a large upload. */
const IDLE_TIMEOUT_MS = 20_000

export class StorageError extends Error {
  override name = 'StorageError'
}

/** The library's types hide `listParts`. */
export class S3Client extends Client {
  override listParts(bucket: string, path: string, uploadId: string) {
    return super.listParts(bucket, path, uploadId)
  }
}

export function clientOf(url: string, more: Partial<ConstructorParameters<typeof Client>[0]>) {
  const { protocol, hostname, port, username, password } = new URL(url)
  return new S3Client({
    // Only URLs have brackets around an IPv6 address.
    endPoint: hostname.replace(/^\[|\]$/g, ''),
    ...(port && { port: Number(port) }),
    useSSL: protocol === 'https:',
    accessKey: decodeURIComponent(username),
    secretKey: decodeURIComponent(password),
    // The library would log its retries on the console.
    retryOptions: { disableRetry: true },
    ...more,
  })
}

/** A transport whose requests fail when S3 sends nothing for `IDLE_TIMEOUT_MS`. */
export function withIdleTimeout(url: string): Pick<typeof http, 'request'> {
  const { request } = url.startsWith('https:') ? https : http
  const send = (options: http.RequestOptions, receive: (response: http.IncomingMessage) => void) => {
    const sent = request({ ...options, timeout: IDLE_TIMEOUT_MS }, receive)
    return sent.on('timeout', () => sent.destroy(new StorageError('S3 did not answer in time')))
  }
  return { request: send as typeof http.request }
}

const codeOf = (error: unknown) => (error as { code?: unknown } | null)?.code
const isMissing = (error: unknown) =>
  ['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes(codeOf(error) as string)

/** Turns outages into StorageErrors. Other errors of S3 stay as they are. */
export async function guarded<T>(work: () => Promise<T>, isRetry = false): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = String(codeOf(error) ?? '')
    // The server may have closed an idle connection. Every request here may be repeated.
    if (['ECONNRESET', 'EPIPE'].includes(code) && !isRetry) return guarded(work, true)
    const isAway =
      /^E[A-Z]+$/.test(code) || ['InternalError', 'SlowDown', 'ServiceUnavailable'].includes(code)
    if (!isAway && !/Retryable HTTP status/.test((error as Error).message)) throw error
    throw new StorageError('S3 is unavailable', { cause: error })
  }
}

/** @returns null where S3 has no such object, bucket or upload */
export const unlessMissing = <T>(request: Promise<T>): Promise<T | null> =>
  request.catch((error) => {
    if (isMissing(error)) return null
    throw error
  })
