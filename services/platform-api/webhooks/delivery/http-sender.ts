import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Addresses } from './address-guard.ts'

/** Of an answer nothing is read but its head; what comes after it is let go, and no more of it than this. */
const MOST_BYTES = 16_384
const IDLE_MS = 10_000

export type Answer = { status: number; retryAfterMs: number | null } | { error: string }
export type Letter = { url: string; headers: Record<string, string>; body: string }
/** `close` gives up what is on its way. */
export type Sender = { send: (letter: Letter) => Promise<Answer>; close: () => void }

/** Posts, to where a name leads at that moment; follows no redirect. @param answerMs how long a receiver has */
export function openSender(addresses: Addresses, answerMs: number): Sender {
  // A connection that is kept leads where it was opened to.
  const options = { keepAlive: true, timeout: IDLE_MS }
  const closing = new AbortController()
  const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) }
  return {
    send: (letter) =>
      post(letter, {
        ...{ addresses, agents },
        signal: AbortSignal.any([AbortSignal.timeout(answerMs), closing.signal]),
      }).catch((error) => ({ error: reasonOf(error) })),
    close: () => {
      closing.abort()
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

type Means = {
  addresses: Addresses
  agents: { 'http:': HttpAgent; 'https:': HttpsAgent }
  signal: AbortSignal
}

async function post({ url, headers, body }: Letter, { addresses, agents, signal }: Means): Promise<Answer> {
  const target = new URL(url)
  addresses.check(target)
  const options = {
    ...{ method: 'POST', signal, lookup: addresses.lookup },
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'chat-webhooks/1',
      ...headers,
    },
  }
  const answered = Promise.withResolvers<IncomingMessage>()
  const request =
    target.protocol === 'https:'
      ? requestHttps(target, { ...options, agent: agents['https:'] }, answered.resolve)
      : requestHttp(target, { ...options, agent: agents['http:'] }, answered.resolve)
  request.on('error', answered.reject)
  request.end(body)
  const response = await answered.promise
  letGo(response)
  return { status: response.statusCode ?? 0, retryAfterMs: retryAfterOf(response) }
}

/** So that the connection can be used again, unless it says too much. */
function letGo(response: IncomingMessage) {
  let bytes = 0
  response.on('error', () => {})
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MOST_BYTES) response.destroy()
  })
}

/** In seconds or as a date: RFC 9110, 10.2.3. */
function retryAfterOf({ headers }: IncomingMessage): number | null {
  const wish = headers['retry-after']
  if (wish === undefined) return null
  const ms = /^\d{1,9}$/.test(wish) ? Number(wish) * 1000 : Date.parse(wish) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? ms : null
}

/** A code and never a sentence: sentences hold addresses. */
function reasonOf(error: unknown): string {
  const { name, code, cause } = error as { name?: string; code?: unknown; cause?: unknown }
  if (name === 'AbortError' || name === 'TimeoutError') return 'TIMEOUT'
  if (typeof code === 'string') return code.slice(0, 100)
  return cause === undefined ? 'FAILED' : reasonOf(cause)
}
