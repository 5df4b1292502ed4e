import { Socket } from 'node:net'
import {
  type Caller,
  type Envelope,
  Fault,
  failed,
  type Handlers,
  type Input,
  type OperationName,
  type Output,
  type RoomEvents,
  rowOf,
  type ServiceName,
  type Subjects,
  subjectsOf,
  type UserEvents,
} from '@chat/contract'
import {
  createInbox,
  type Msg,
  type NatsConnection,
  type NatsConnectionImpl,
  type Subscription,
} from '@nats-io/transport-node'
import { TurnWrites } from '../async/turn-writes.ts'
import { noteBytes } from '../process/heap.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { currentTrace, noteCode, traced } from '../telemetry/tracing.ts'
import { type BusOptions, ConnectionState, connectNats, inboxOf } from './connection.ts'
import { faultOf } from './outage-fault.ts'
import { RequestClient, type RequestOptions } from './request-client.ts'
import { type Body, encode, encodeRequest, headersOf } from './request-encoding.ts'
import { RequestServer } from './request-server.ts'

/** A bus is one NATS connection with the contract on top: ask, serve, publish, subscribe. */
export const openBus = async (options: BusOptions): Promise<Bus> =>
  new Bus(await connectNats(options), options)

export class Bus {
  /** Tells one process, or part of one, from others that do the same. */
  readonly instanceId = crypto.randomUUID()
  readonly subjects: Subjects
  readonly connection: NatsConnection
  readonly metrics: Metrics
  private readonly options: BusOptions
  private readonly state: ConnectionState
  private readonly requests: RequestClient
  private readonly writes = new TurnWrites()

  constructor(connection: NatsConnection, options: BusOptions) {
    this.connection = connection
    this.options = options
    this.metrics = options.metrics
    this.subjects = subjectsOf(options.root)
    this.state = new ConnectionState(connection, options)
    this.requests = new RequestClient(connection, this.openInbox())
  }

  get isConnected() {
    return this.state.isConnected
  }

  openInbox(): string {
    return createInbox(inboxOf(this.options.natsUrl).inboxPrefix)
  }

  /**
   * Calls back whenever the connection is back after a loss. Events of the time between were not received.
   * @returns a function that ends this
   */
  onReconnect(callback: () => void): () => void {
    this.state.on('reconnect', callback)
    return () => this.state.off('reconnect', callback)
  }

  /** @returns a function that ends this */
  onDisconnect(callback: () => void): () => void {
    this.state.on('disconnect', callback)
    return () => this.state.off('disconnect', callback)
  }

  /** Requests an operation and returns its data. @throws Fault with the code of the answer */
  async ask<K extends OperationName>(name: K, caller: Caller, input: Input<K>, subject?: string) {
    const body = encodeRequest(name, caller, input)
    return dataOf<Output<K>>(await this.forward(name, body, caller.requestId, subject))
  }

  /** Requests an operation of the service that has jobs of a kind. @throws Fault with the code of the answer */
  askJobs<K extends keyof Handlers<'jobs'>>(kind: string, name: K, caller: Caller, input: Input<K>) {
    return this.ask(name, caller, input, this.subjects.jobs(kind, name))
  }

  /** Sends an encoded request and returns the envelope of the answer. A request without answer gives one, too. */
  async forward(
    name: OperationName,
    body: Body,
    requestId: string,
    subject = this.subjects.rpcOf(name),
  ): Promise<Envelope<unknown>> {
    // The client would hold a request until it is connected again; the caller is told at once.
    if (!this.state.isConnected) return failed(new Fault('SERVICE_UNAVAILABLE'), requestId)
    const { service, timeoutMs = this.options.requestTimeoutMs } = rowOf(name)
    return traced({ name: `${service}.${name}`, kind: 'client' }, async () => {
      try {
        const options = { timeoutMs, headers: headersOf(body, currentTrace()) }
        const reply = await this.request(subject, body.bytes ?? body.json, options)
        if (body.bytes) noteBytes(body.bytes.length)
        return reply.json<Envelope<unknown>>()
      } catch (err) {
        // A request of a process that is closing fails without being a bug.
        const fault = faultOf(err) ?? (this.state.isClosing ? new Fault('SERVICE_UNAVAILABLE') : null)
        if (!fault) this.options.logger.error({ err, operation: name, requestId }, 'request failed')
        noteCode(fault?.code ?? 'INTERNAL')
        return failed(fault ?? new Fault('INTERNAL'), requestId)
      }
    })
  }

  /** The answer of any subject. @throws NoRespondersError, TimeoutError, ClosedConnectionError */
  request(subject: string, data: Uint8Array | string, options: RequestOptions): Promise<Msg> {
    this.holdWrites()
    return this.requests.send(subject, data, options)
  }

  /** Answers a service's operations until `close`, which resolves when the requests in flight are answered. */
  serve<S extends ServiceName>(service: S, handlers: Handlers<S>, subject = this.subjects.rpc(service, '*')) {
    const server = new RequestServer({
      service,
      handlers,
      options: this.options,
      holdWrites: () => this.holdWrites(),
    })
    const subscription = server.subscribe(this.connection, subject)
    return {
      close: async () => {
        await this.drain(subscription)
        await server.idle()
      },
    }
  }

  publishRoom<K extends keyof RoomEvents>(roomId: string, kind: K, event: RoomEvents[K]) {
    this.holdWrites()
    this.connection.publish(this.subjects.roomEvent(roomId, kind), encode(event))
  }

  publishUser<K extends keyof UserEvents>(userId: string, kind: K, event: UserEvents[K]) {
    this.holdWrites()
    this.connection.publish(this.subjects.userEvent(userId, kind), encode(event))
  }

  /** Receives a subject. An error of the callback is logged. Of subscribers with one `queue`, one gets each message. */
  subscribe(subject: string, receive: (message: Msg) => void, queue?: string): Subscription {
    return this.connection.subscribe(subject, {
      ...(queue !== undefined && { queue }),
      callback: (error, message) => {
        try {
          if (error) throw error
          receive(message)
        } catch (err) {
          this.options.logger.error({ err, subject: message?.subject ?? subject }, 'event not handled')
        }
      },
    })
  }

  /** Ends a subscription after the messages that the server has sent already. */
  async drain(subscription: Subscription) {
    if (subscription.isClosed()) return
    if (this.state.isConnected) await subscription.drain()
    else subscription.unsubscribe()
  }

  /** Whether somebody answers within `withinMs`; without subscribers at once false. @throws SERVICE_UNAVAILABLE */
  async isAnswered(subject: string, withinMs: number): Promise<boolean> {
    if (!this.state.isConnected) throw new Fault('SERVICE_UNAVAILABLE')
    return this.request(subject, '', { timeoutMs: withinMs }).then(
      () => true,
      () => false,
    )
  }

  async ping() {
    if (!this.state.isConnected) throw new Fault('SERVICE_UNAVAILABLE')
    await this.connection.flush()
  }

  /** Resolves when the server has seen everything that was sent so far, subscriptions included. */
  flush(): Promise<void> {
    return this.connection.flush()
  }

  close(): Promise<void> {
    return this.state.close()
  }

  /** The client joins what one run of microtasks sends. Many requests come one by one in a turn of the event loop. */
  private holdWrites() {
    const { transport } = (this.connection as NatsConnectionImpl).protocol
    if ('socket' in transport && transport.socket instanceof Socket) this.writes.hold(transport.socket)
  }
}

function dataOf<T>({ success, error, data, message, retryAfterMs }: Envelope<unknown>): T {
  if (success) return data as T
  throw new Fault(error ?? 'INTERNAL', {
    data,
    ...(message !== undefined && { message }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}
