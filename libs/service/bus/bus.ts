import {
  type Caller,
  type Envelope,
  Fault,
  failed,
  type Handlers,
  type Input,
  inboxPrefix,
  type OperationName,
  type Output,
  parseInput,
  type RoomEvents,
  rowOf,
  type ServiceName,
  type Subjects,
  subjectsOf,
  type UserEvents,
} from '@chat/contract'
import {
  connect,
  createInbox,
  headers,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node'
import { noteBytes } from '../process/heap.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { currentTrace, isTracing, noteCode, type Trace, traced } from '../telemetry/tracing.ts'
import { faultOf, settle } from './settle.ts'

export type BusOptions = {
  natsUrl: string
  name: string
  /** Separates installations that share one NATS; default `chat`. */
  root?: string | undefined
  logger: Logger
  metrics: Metrics
  requestTimeoutMs: number
  /** Checks what handlers answer against the contract; for tests. */
  checkOutput?: ((name: OperationName, output: unknown) => string | null) | undefined
}

/** A bus is one NATS connection with the contract on top: ask, serve, publish, subscribe. */
export async function openBus(options: BusOptions): Promise<Bus> {
  const url = firstOf(options.natsUrl)
  const connection = await connect({
    servers: options.natsUrl.split(',').map((server) => new URL(server).host),
    ...(url.username && signIn(url)),
    // Who asks for TLS does not sign in without: otherwise whatever the server offers is taken.
    ...(url.protocol === 'tls:' && { tls: {} }),
    name: options.name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    waitOnFirstConnect: false,
    // A quiet dead peer is noticed within about ten seconds.
    pingInterval: 5_000,
    maxPingOut: 2,
    // The stack traces of requests are costly and add nothing here: each request carries an id.
    noAsyncTraces: true,
  }).catch((cause: Error) => {
    throw new Error(`NATS at ${url.host} cannot be reached (${cause.message}): check CHAT_NATS_URL`, {
      cause,
    })
  })
  return new Bus(connection, options)
}

/** Of several servers; the credentials are the same for all. */
const firstOf = (natsUrl: string) => new URL(natsUrl.split(',')[0] as string)

/** A user hears answers where nobody else may listen. */
const signIn = ({ username, password }: URL) => ({
  user: decodeURIComponent(username),
  pass: decodeURIComponent(password),
  inboxPrefix: inboxPrefix(decodeURIComponent(username)),
})

/** Where a request carries bytes: everything else of it, as JSON in this header. */
const REQUEST_HEADER = 'Chat-Request'
/** Where it carries its place in a trace; see W3C's Trace Context. */
const TRACE_HEADER = 'traceparent'

/** An encoded request. `bytes` travel as they are, outside of the JSON. */
export type Body = { json: Uint8Array | string; bytes?: Uint8Array }

const encoder = new TextEncoder()
export const encode = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value))

export class Bus {
  /** Tells one process, or part of one, from others that do the same. */
  readonly instanceId = crypto.randomUUID()
  readonly subjects: Subjects
  readonly connection: NatsConnection
  readonly metrics: Metrics
  private readonly options: BusOptions
  private readonly inboxPrefix: string | undefined
  private readonly disconnected = new Set<() => void>()
  private readonly reconnected = new Set<() => void>()
  private connected = true
  private closing = false
  private watching: Promise<void>

  constructor(connection: NatsConnection, options: BusOptions) {
    this.connection = connection
    this.options = options
    this.metrics = options.metrics
    this.subjects = subjectsOf(options.root)
    const { username } = firstOf(options.natsUrl)
    this.inboxPrefix = username ? inboxPrefix(decodeURIComponent(username)) : undefined
    this.noteConnected(true)
    this.watching = this.watch()
  }

  /** A subject of one's own to be answered on. */
  openInbox(): string {
    return createInbox(this.inboxPrefix)
  }

  /** Calls back whenever the connection was lost and is back: what was published meanwhile was not heard. */
  onReconnect(callback: () => void) {
    this.reconnected.add(callback)
  }

  onDisconnect(callback: () => void) {
    this.disconnected.add(callback)
  }

  private noteConnected(connected: boolean) {
    this.connected = connected
    this.metrics.busConnected.set({ service: this.options.name }, connected ? 1 : 0)
  }

  private async watch() {
    const { logger, name } = this.options
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect' || status.type === 'close') {
        if (this.connected && !this.closing) logger.warn({ name }, 'nats connection lost')
        this.noteConnected(false)
        for (const callback of this.disconnected) callback()
      } else if (status.type === 'reconnect') {
        this.noteConnected(true)
        logger.info({ name }, 'nats connection is back')
        for (const callback of this.reconnected) callback()
      } else if (status.type === 'error' || status.type === 'slowConsumer') {
        logger.error({ name, status }, 'nats reported a problem')
      }
    }
  }

  /** Asks for an operation and gives its data. @throws Fault with the code of the answer */
  async ask<K extends OperationName>(name: K, caller: Caller, input: Input<K>): Promise<Output<K>> {
    return dataOf(await this.forward(name, bodyOf(name, caller, input), caller.requestId))
  }

  /** Asks whichever service has jobs of a kind. @throws Fault with the code of the answer */
  async askJobs<K extends keyof Handlers<'jobs'>>(
    kind: string,
    name: K,
    caller: Caller,
    input: Input<K>,
  ): Promise<Output<K>> {
    const subject = this.subjects.jobs(kind, name)
    return dataOf(await this.forward(name, bodyOf(name, caller, input), caller.requestId, subject))
  }

  /** Sends an encoded request and gives the envelope as it comes; no answer is an envelope too. */
  async forward(
    name: OperationName,
    body: Body,
    requestId: string,
    subject = this.subjects.rpcOf(name),
  ): Promise<Envelope<unknown>> {
    const row = rowOf(name)
    const timeout = row.timeoutMs ?? this.options.requestTimeoutMs
    // The client would hold a request until it is connected again; an edge says at once that it cannot.
    if (!this.connected) return failed(new Fault('SERVICE_UNAVAILABLE'), requestId)
    return traced({ name: `${row.service}.${name}`, kind: 'client' }, async () => {
      try {
        const header = headersOf(body, currentTrace())
        const options = { timeout, ...(header && { headers: header }) }
        const reply = await this.connection.request(subject, body.bytes ?? body.json, options)
        if (body.bytes) noteBytes(body.bytes.length)
        return reply.json<Envelope<unknown>>()
      } catch (error) {
        // What is still asked when this process has already let go is nobody's fault.
        const fault = faultOf(error) ?? (this.closing ? new Fault('SERVICE_UNAVAILABLE') : null)
        if (!fault) this.options.logger.error({ err: error, operation: name, requestId }, 'request failed')
        noteCode(fault?.code ?? 'INTERNAL')
        return failed(fault ?? new Fault('INTERNAL'), requestId)
      }
    })
  }

  /**
   * Answers the operations of a service, sharing the load with its other instances through a queue group.
   * `close` stops taking requests and resolves when those in flight are answered; the client's own `drain()` would
   * not wait for them.
   */
  serve<S extends ServiceName>(service: S, handlers: Handlers<S>) {
    return this.answerOn(this.subjects.rpc(service, '*'), service, handlers)
  }

  /** Answers operators about the jobs of one kind, sharing the load like `serve`. */
  serveJobs(kind: string, handlers: Handlers<'jobs'>) {
    return this.answerOn(this.subjects.jobs(kind, '*'), 'jobs', handlers)
  }

  private answerOn(subject: string, service: ServiceName, handlers: object): { close: () => Promise<void> } {
    const inFlight = new Set<Promise<void>>()
    const subscription = this.connection.subscribe(subject, {
      queue: service,
      callback: (error, request) => {
        if (error) return this.options.logger.error({ err: error, service }, 'subscription failed')
        const step = { name: `${service}.${operationOf(request)}`, kind: 'server' } as const
        const parent = isTracing() ? request.headers?.get(TRACE_HEADER) || null : null
        const answering = traced(step, () => this.answer(request, handlers), parent)
          .catch((err) => this.options.logger.error({ err, service }, 'request not answered'))
          .finally(() => inFlight.delete(answering))
        inFlight.add(answering)
      },
    })
    return {
      close: async () => {
        await this.drain(subscription)
        await Promise.all(inFlight)
      },
    }
  }

  private async answer(request: Msg, handlers: object) {
    const { logger, metrics, checkOutput } = this.options
    const started = performance.now()
    const operation = operationOf(request)
    const { caller, input } = readRequest(request)
    const { requestId } = caller
    const outcome = await settle(
      async () => {
        if (!Object.hasOwn(handlers, operation))
          throw new Fault('INVALID_REQUEST', { message: 'Unknown operation' })
        const handle = (handlers as Record<string, (caller: Caller, input: unknown) => Promise<unknown>>)[
          operation
        ]
        const output = await handle?.(caller, parseInput(operation, input))
        const problem = checkOutput?.(operation, output)
        if (problem) throw new Error(problem)
        return output
      },
      { logger, operation, requestId },
    )
    const envelope = this.respond(request, outcome, requestId)
    noteCode(envelope.error ?? 'OK')
    const ms = performance.now() - started
    metrics.requests.observe({ operation, code: envelope.error ?? 'OK' }, ms / 1000)
    logger.debug(
      { requestId, operation, userId: caller.userId, code: envelope.error ?? 'OK', ms: Math.round(ms) },
      'answered',
    )
  }

  /** An outcome that cannot be sent, because it is too large or no JSON, is a failure too. @returns what was sent */
  private respond(request: Msg, outcome: Envelope<unknown>, requestId: string): Envelope<unknown> {
    try {
      request.respond(encode(outcome))
      return outcome
    } catch (err) {
      this.options.logger.error({ err, subject: request.subject, requestId }, 'answer cannot be sent')
      const failure = failed(new Fault('INTERNAL'), requestId)
      request.respond(encode(failure))
      return failure
    }
  }

  publishRoom<K extends keyof RoomEvents>(roomId: string, kind: K, event: RoomEvents[K]) {
    this.connection.publish(this.subjects.roomEvent(roomId, kind), encode(event))
  }

  publishUser<K extends keyof UserEvents>(userId: string, kind: K, event: UserEvents[K]) {
    this.connection.publish(this.subjects.userEvent(userId, kind), encode(event))
  }

  /**
   * Hears a subject until the subscription is ended. A failing callback is logged and does not end it.
   * Of those who hear it as one `queue` only one does.
   */
  subscribe(subject: string, hear: (message: Msg) => void, queue?: string): Subscription {
    return this.connection.subscribe(subject, {
      ...(queue !== undefined && { queue }),
      callback: (error, message) => {
        try {
          if (error) throw error
          hear(message)
        } catch (err) {
          this.options.logger.error({ err, subject: message?.subject ?? subject }, 'event not handled')
        }
      },
    })
  }

  /** Hears nothing new, and what the server had sent by then. Without a connection nothing is on its way. */
  async drain(subscription: Subscription) {
    if (subscription.isClosed()) return
    if (this.connected) await subscription.drain()
    else subscription.unsubscribe()
  }

  /**
   * Whether anybody answers on a subject: with nobody there it is known at once, and one who is silent for `withinMs`
   * is not there. @throws SERVICE_UNAVAILABLE without a connection
   */
  async isAnswered(subject: string, withinMs: number): Promise<boolean> {
    if (!this.connected) throw new Fault('SERVICE_UNAVAILABLE')
    return this.connection.request(subject, '', { timeout: withinMs }).then(
      () => true,
      () => false,
    )
  }

  /** For readiness. @throws where the server does not answer */
  async ping() {
    if (!this.connected) throw new Fault('SERVICE_UNAVAILABLE')
    await this.connection.flush()
  }

  /** Resolves when the server has seen everything sent so far, subscriptions included. */
  flush(): Promise<void> {
    return this.connection.flush()
  }

  async close() {
    this.closing = true
    if (this.connected) await this.connection.drain()
    else await this.connection.close()
    await this.watching
  }
}

/** @throws Fault with the code of the envelope */
function dataOf<T>({ success, error, data, message, retryAfterMs }: Envelope<unknown>): T {
  if (success) return data as T
  throw new Fault(error ?? 'INTERNAL', {
    data,
    ...(message !== undefined && { message }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

function bodyOf(name: OperationName, caller: Caller, input: unknown): Body {
  const field = rowOf(name).bytes
  if (field === undefined) return { json: encode({ caller, input }) }
  const { [field]: bytes, ...rest } = input as Record<string, unknown>
  return { json: JSON.stringify({ caller, input: rest }), bytes: bytes as Uint8Array }
}

/** Header values are single lines of what the client calls text: the JSON goes there as base64. */
function headersOf({ json, bytes }: Body, trace: Trace) {
  if (!bytes && trace === null) return undefined
  const header = headers()
  if (bytes) header.set(REQUEST_HEADER, Buffer.from(json).toString('base64'))
  if (trace !== null) header.set(TRACE_HEADER, trace)
  return header
}

/** @throws SyntaxError where it is not JSON */
function requestOf(request: Msg): { caller: Caller; input: unknown } {
  const head = request.headers?.get(REQUEST_HEADER)
  if (!head) return request.json()
  noteBytes(request.data.length)
  const { caller, input } = JSON.parse(Buffer.from(head, 'base64').toString())
  const field = rowOf(operationOf(request)).bytes ?? 'data'
  return { caller, input: { ...input, [field]: request.data } }
}

const operationOf = ({ subject }: Msg) => subject.slice(subject.lastIndexOf('.') + 1) as OperationName

function readRequest(request: Msg): { caller: Caller; input: unknown } {
  try {
    const { caller, input } = requestOf(request)
    if (typeof caller?.requestId === 'string' && typeof caller.userId === 'string') return { caller, input }
  } catch {
    // Not JSON, or too deep to be: the handler's validator refuses what is returned below.
  }
  return { caller: { userId: '', requestId: 'unknown' }, input: undefined }
}
