import type { ClientOperation, Envelope, Input, Operations, Output } from '@chat/contract'
import { persist } from './backoff.ts'
import { type ChatError, type ChatErrorCode, errorOf, timedOut, unavailable } from './chat-error.ts'
import type { Connection } from './connection.ts'

type ByEvent = { [K in ClientOperation as Operations[K]['event']]: K }
/** What a client may ask for, as the contract has it. */
export type ClientEvent = keyof ByEvent
export type AskInput<E extends ClientEvent> = Input<ByEvent[E]>
export type AskOutput<E extends ClientEvent> = Output<ByEvent[E]>

export type AskOptions = {
  /** For each try: waiting for a connection and for the answer. */
  timeoutMs?: number
}

/** Called with each request that is sent. The function that it returns gets the answer, before the caller does. */
type Observer = <E extends ClientEvent>(
  event: E,
  input: AskInput<E>,
) => ((answer: AskOutput<E>) => void) | undefined

/** Requests, each with exactly one outcome: the answer's data, or a ChatError. */
export class Requests {
  readonly connection: Connection
  private readonly timeoutMs: number
  private readonly rateLimitTries: number
  private observer: Observer = () => undefined

  constructor(connection: Connection, { timeoutMs = 15_000, rateLimitTries = 5 }) {
    this.connection = connection
    this.timeoutMs = timeoutMs
    this.rateLimitTries = rateLimitTries
  }

  observe(observer: Observer) {
    this.observer = observer
  }

  /** Retries what the server refused before doing anything; other failures are the caller's. */
  ask<E extends ClientEvent>(event: E, input: AskInput<E>, options: AskOptions = {}): Promise<AskOutput<E>> {
    const left: Partial<Record<ChatErrorCode, number>> = {
      RATE_LIMITED: this.rateLimitTries - 1,
      CLIENT_ID_NO_EXISTS: 1,
    }
    const mayRetry = ({ code }: ChatError) => {
      const tries = left[code] ?? 0
      left[code] = tries - 1
      return tries > 0
    }
    return persist(() => this.once(event, input, options), this.connection.signal, mayRetry)
  }

  async once<E extends ClientEvent>(
    event: E,
    input: AskInput<E>,
    { timeoutMs = this.timeoutMs }: AskOptions = {},
  ): Promise<AskOutput<E>> {
    const started = performance.now()
    await this.connection.connected(timeoutMs)
    const { id } = this.connection.socket
    const left = Math.max(1, timeoutMs - (performance.now() - started))
    const answered = this.observer(event, input)
    const envelope = await this.emit<AskOutput<E>>(event, input, left)
    if (envelope.success) {
      answered?.(envelope.data as AskOutput<E>)
      return envelope.data as AskOutput<E>
    }
    if (envelope.error === 'CLIENT_ID_NO_EXISTS') this.connection.renew(id)
    throw errorOf(envelope)
  }

  private async emit<T>(event: string, input: unknown, timeoutMs: number): Promise<Envelope<T>> {
    const { socket, signal } = this.connection
    try {
      const answer = socket.timeout(timeoutMs).emitWithAck(event, input)
      // socket.io buffers an event where the connection is dead but not yet closed. The next connection must not
      // send it: by then the request has failed.
      socket.sendBuffer.length = 0
      return await answer
    } catch {
      if (signal.aborted) throw signal.reason
      throw socket.connected ? timedOut() : unavailable('The connection was lost before the answer came')
    }
  }
}
