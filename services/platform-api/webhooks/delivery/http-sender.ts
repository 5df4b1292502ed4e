import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Addresses } from './address-guard.ts'

/** The body of an answer is not used. A connection whose answer is longer is closed rather than reused. */
const MAX_ANSWER_BYTES = 16_384
const IDLE_MS = 10_000

/** Without an answer, `error` is a code. `retryAfterMs` is null unless the endpoint asks for a pause. */
export type EndpointAnswer = { status?: number; retryAfterMs?: number | null; error?: string }
type Post = { url: string; headers: Record<string, string>; body: string }

/** Posts to allowed addresses, resolved for each connection, and follows no redirect. */
export class HttpSender {
  private readonly addresses: Addresses
  private readonly answerMs: number
  // A kept connection stays with the address that was checked when it was opened.
  private readonly http = new HttpAgent({ keepAlive: true, timeout: IDLE_MS })
  private readonly https = new HttpsAgent({ keepAlive: true, timeout: IDLE_MS })
  private readonly closing = new AbortController()

  constructor(addresses: Addresses, answerMs: number) {
    this.addresses = addresses
    this.answerMs = answerMs
  }

  async send(post: Post): Promise<EndpointAnswer> {
    try {
      const response = await this.post(post)
      drain(response)
      return { status: response.statusCode ?? 0, retryAfterMs: retryAfterOf(response) }
    } catch (error) {
      return { error: reasonOf(error) }
    }
  }

  close() {
    this.closing.abort()
    this.http.destroy()
    this.https.destroy()
  }

  private post({ url, headers, body }: Post): Promise<IncomingMessage> {
    const target = new URL(url)
    this.addresses.check(target)
    const isHttps = target.protocol === 'https:'
    const options = {
      method: 'POST',
      agent: isHttps ? this.https : this.http,
      signal: AbortSignal.any([AbortSignal.timeout(this.answerMs), this.closing.signal]),
      lookup: this.addresses.lookup,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'chat-webhooks/1',
        ...headers,
      },
    }
    const answered = Promise.withResolvers<IncomingMessage>()
    const request = (isHttps ? requestHttps : requestHttp)(target, options, answered.resolve)
    request.on('error', answered.reject)
    request.end(body)
    return answered.promise
  }
}

function drain(response: IncomingMessage) {
  let bytes = 0
  response.on('error', () => {})
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) response.destroy()
  })
}

/** Seconds or a date: RFC 9110, 10.2.3. */
function retryAfterOf({ headers }: IncomingMessage): number | null {
  const value = headers['retry-after']
  if (value === undefined) return null
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? ms : null
}

/** A code, because platforms see it and messages contain addresses. */
function reasonOf(error: unknown): string {
  const { name, code, cause } = error as { name?: string; code?: unknown; cause?: unknown }
  if (name === 'AbortError' || name === 'TimeoutError') return 'TIMEOUT'
  if (typeof code === 'string') return code.slice(0, 100)
  return cause === undefined ? 'FAILED' : reasonOf(cause)
}
