import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { inboxPrefix, type OperationName } from '@chat/contract'
import { connect, errors, type NatsConnection, type Status } from '@nats-io/transport-node'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { tooOld } from './server-version.ts'

export type BusOptions = {
  natsUrl: string
  name: string
  /** Separates installations that share one NATS; default `chat`. */
  root?: string | undefined
  logger: Logger
  metrics: Metrics
  requestTimeoutMs: number
  /** Checks the output of handlers against the contract; for tests. */
  checkOutput?: ((name: OperationName, output: unknown) => string | null) | undefined
}

const PATIENCE_MS = 6_000
const PAUSE_MS = 250

/** Waits for a NATS that is slow or starts later. @throws saying what to check */
export async function connectNats(options: BusOptions): Promise<NatsConnection> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await delay(PAUSE_MS)) {
    try {
      return await newEnough(await connectOnce(options), options)
    } catch (cause) {
      if (cause instanceof TooOld) throw cause
      if (!isFinal(cause) && Date.now() < deadline) continue
      const { host } = firstOf(options.natsUrl)
      const message = `NATS at ${host} cannot be reached (${(cause as Error).message}): check CHAT_NATS_URL`
      throw new Error(message, { cause })
    }
  }
}

class TooOld extends Error {}

async function newEnough(connection: NatsConnection, { natsUrl }: BusOptions): Promise<NatsConnection> {
  const reason = tooOld(connection.info?.version ?? '')
  if (reason === null) return connection
  await connection.close()
  throw new TooOld(`NATS at ${firstOf(natsUrl).host}: ${reason}`)
}

/** Wrong credentials, and TLS on one side only. A busy server fails with `Authentication Timeout`, which passes. */
const isFinal = (error: unknown) =>
  error instanceof errors.InvalidArgumentError ||
  (error instanceof errors.AuthorizationError && !/timeout/i.test(error.message))

function connectOnce({ natsUrl, name }: BusOptions): Promise<NatsConnection> {
  const url = firstOf(natsUrl)
  return connect({
    servers: natsUrl.split(',').map((server) => new URL(server).host),
    ...(url.username && { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) }),
    ...inboxOf(natsUrl),
    // Without `tls` the client would accept a server that offers none.
    ...(url.protocol === 'tls:' && { tls: {} }),
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    waitOnFirstConnect: false,
    // A dead peer is noticed within about ten seconds.
    pingInterval: 5_000,
    maxPingOut: 2,
    // Stack traces of requests are costly and add nothing here: each request carries an id.
    noAsyncTraces: true,
  })
}

/** A NATS user gets answers on subjects that no other user may subscribe to. */
export function inboxOf(natsUrl: string): { inboxPrefix?: string } {
  const { username } = firstOf(natsUrl)
  return username ? { inboxPrefix: inboxPrefix(decodeURIComponent(username)) } : {}
}

/** The first of several servers. All have the same credentials. */
const firstOf = (natsUrl: string) => new URL(natsUrl.split(',')[0] as string)

/** Whether a connection stands. Tells log, metrics and listeners of every change. */
export class ConnectionState extends EventEmitter<{ disconnect: []; reconnect: [] }> {
  isConnected = true
  isClosing = false
  private readonly connection: NatsConnection
  private readonly options: BusOptions
  private readonly watching: Promise<void>

  constructor(connection: NatsConnection, options: BusOptions) {
    super()
    this.connection = connection
    this.options = options
    this.setMaxListeners(0)
    this.set(true)
    this.watching = this.watch()
  }

  async close() {
    this.isClosing = true
    if (this.isConnected) await this.connection.drain()
    else await this.connection.close()
    await this.watching
  }

  private set(isConnected: boolean) {
    this.isConnected = isConnected
    this.options.metrics.busConnected.set({ service: this.options.name }, isConnected ? 1 : 0)
  }

  private async watch() {
    for await (const status of this.connection.status()) this.note(status)
  }

  private note(status: Status) {
    const { logger, name } = this.options
    if (status.type === 'disconnect' || status.type === 'close') {
      if (this.isConnected && !this.isClosing) logger.warn({ name }, 'nats connection lost')
      this.set(false)
      this.emit('disconnect')
    } else if (status.type === 'reconnect') {
      this.set(true)
      logger.info({ name }, 'nats connection is back')
      this.emit('reconnect')
    } else if (status.type === 'error' || status.type === 'slowConsumer') {
      logger.error({ name, status }, 'nats reported a problem')
    }
  }
}
