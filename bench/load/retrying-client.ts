import { setTimeout as delay } from 'node:timers/promises'
import type { Envelope } from '@chat/contract'
import { io, type Socket } from 'socket.io-client'

const ANSWER_WITHIN_MS = 10_000
const CONNECT_WITHIN_MS = 15_000
const RETRY_AFTER_MS = 100

/** Counts the outcomes of requests. Anything but an answer that the contract allows is a fault. */
export class Tally {
  answered = 0
  /** Retries by error code. */
  readonly retried = new Map<string, number>()
  /** Requests that were sent again because the connection was lost before the answer. */
  resent = 0
  slowest = { ms: 0, what: 'nothing' }
  readonly faults: string[] = []
  /** What is happening to the services now. */
  during = 'the start'

  retry(code: string) {
    this.retried.set(code, (this.retried.get(code) ?? 0) + 1)
  }

  answer(what: string, sinceMs: number) {
    this.answered += 1
    const ms = performance.now() - sinceMs
    if (ms > this.slowest.ms) this.slowest = { ms, what: `${what} during ${this.during}` }
  }

  fault(what: string) {
    this.faults.push(`${what} during ${this.during}`)
  }
}

/** A socket.io client that retries as the contract asks: after a retryable error, and after a lost connection. */
export class RetryingClient {
  readonly socket: Socket
  readonly tally: Tally
  disconnects = 0

  constructor(url: string, token: string, tally: Tally) {
    this.tally = tally
    this.socket = io(url, { transports: ['websocket'], auth: { token }, forceNew: true })
    this.socket.on('disconnect', () => {
      this.disconnects += 1
    })
  }

  /** Retries until there is a final answer. @returns its data; undefined after a fault */
  async ask<T>(event: string, payload: unknown): Promise<T | undefined> {
    const since = performance.now()
    for (;;) {
      const envelope = await this.once(event, payload)
      if (envelope === 'lost') continue
      if (envelope === null) return
      if (!envelope.success && envelope.retryable) {
        this.tally.retry(envelope.error ?? '')
        await delay(envelope.retryAfterMs ?? RETRY_AFTER_MS)
        continue
      }
      this.tally.answer(event, since)
      if (envelope.success) return envelope.data as T
      this.tally.fault(`${event}: ${envelope.error} (${envelope.requestId})`)
      return
    }
  }

  /** @returns `lost` if the connection was lost first, null if there was no answer */
  private async once(event: string, payload: unknown): Promise<Envelope<unknown> | 'lost' | null> {
    if (!this.socket.connected && !(await this.connected())) return null
    const { disconnects } = this
    try {
      return await this.socket.timeout(ANSWER_WITHIN_MS).emitWithAck(event, payload)
    } catch {
      if (this.disconnects > disconnects) {
        this.tally.resent += 1
        return 'lost'
      }
      this.tally.fault(`${event}: no answer`)
      return null
    }
  }

  private async connected(): Promise<boolean> {
    const deadline = performance.now() + CONNECT_WITHIN_MS
    while (!this.socket.connected && performance.now() < deadline) await delay(20)
    if (!this.socket.connected) this.tally.fault('no connection')
    return this.socket.connected
  }
}
