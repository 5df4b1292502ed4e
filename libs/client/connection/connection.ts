import { Manager, type Socket } from 'socket.io-client'
import { backoff } from './backoff.ts'
import { ChatError, type ChatErrorCode, unavailable } from './chat-error.ts'
import { Listeners } from './listeners.ts'

/** After a connection that lasted this long the next wait is the shortest again. */
const STABLE_MS = 5_000

export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'closed'
/** `error` is set where the server refused for good. */
export type StateListener = (state: ConnectionState, error?: ChatError) => void

export type ConnectionOptions = {
  /** Origin of the gateway: `ws:`, `wss:`, `http:` or `https:`. */
  url: string
  /** Default `/chat`. */
  namespace?: string
  /** The path of socket.io on that origin. Default `/socket.io`. */
  path?: string
  /** A function is called before every attempt to connect, so that an expired token is replaced. */
  token: string | (() => string | Promise<string>)
  /** The first wait before connecting again; it doubles up to `reconnectMaxMs`. Defaults 500 and 10,000. */
  reconnectMinMs?: number
  reconnectMaxMs?: number
}

/** Refusals that a retry cannot change, whatever the token. */
const FINAL: ReadonlySet<ChatErrorCode> = new Set(['TOKEN_INVALID', 'INVALID_REQUEST'])

/**
 * Keeps a socket connected. socket.io's own reconnection is off, since it stops after a refusal or a disconnect by
 * the server: one loop here covers every way to lose a connection.
 */
export class Connection {
  readonly socket: Socket
  readonly ready: Promise<void>
  /** Aborted, with a ChatError as its reason, when the connection is closed for good. */
  readonly signal: AbortSignal
  state: ConnectionState = 'connecting'
  /** Goes up with every change of state: work that began before it stops. */
  epoch = 0
  private readonly options: ConnectionOptions
  private readonly closing = new AbortController()
  private readonly listeners = new Listeners<Parameters<StateListener>>()
  private attempts = 0
  private connectedAt = 0
  private timer: ReturnType<typeof setTimeout> | null = null

  constructor(options: ConnectionOptions) {
    this.options = options
    this.signal = this.closing.signal
    const { url, namespace = '/chat', path = '/socket.io' } = options
    const manager = new Manager(url, {
      path,
      transports: ['websocket'],
      autoConnect: false,
      reconnection: false,
    })
    this.socket = manager.socket(namespace)
    this.socket.on('connect', () => this.opened())
    this.socket.on('connect_error', (error) => this.refused(error))
    this.socket.on('disconnect', () => this.lost())
    this.ready = this.connected()
    // An app that does not wait for `ready` gets no unhandled rejection.
    this.ready.catch(() => {})
    // Browsers emit `online` when the network is back; Node does not.
    globalThis.addEventListener?.('online', () => this.retryNow(), { signal: this.signal })
    void this.attempt()
  }

  /** Calls back on every change of state, until the returned function is called. */
  onState(listener: StateListener): () => void {
    return this.listeners.add(listener)
  }

  /** Resolves once connected; rejects when closed, and with SERVICE_UNAVAILABLE after `timeoutMs`. */
  async connected(timeoutMs?: number): Promise<void> {
    this.signal.throwIfAborted()
    if (this.state === 'connected') return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const off = this.onState((state) => {
      if (state === 'connected') resolve()
      else if (state === 'closed') reject(this.signal.reason)
    })
    const fail = () => reject(unavailable('There is no connection'))
    const timer = timeoutMs === undefined ? undefined : setTimeout(fail, timeoutMs)
    await promise.finally(() => {
      clearTimeout(timer)
      off()
    })
  }

  /** Reconnects, unless that connection is gone already. */
  renew(socketId: string | undefined) {
    if (this.state === 'connected' && this.socket.id === socketId) this.socket.disconnect()
  }

  close() {
    this.end(new ChatError({ code: 'CLOSED', message: 'The client was closed' }))
  }

  private async attempt() {
    // Where the app's function fails, the next attempt calls it again.
    const token = await this.fetchToken().catch(() => null)
    if (this.signal.aborted) return
    if (token === null) return this.retryLater()
    this.socket.auth = { token }
    this.socket.connect()
  }

  private async fetchToken(): Promise<string> {
    const { token } = this.options
    return typeof token === 'string' ? token : token()
  }

  private retryLater() {
    if (this.timer) return
    const { reconnectMinMs = 500, reconnectMaxMs = 10_000 } = this.options
    const delayMs = backoff(this.attempts++, reconnectMinMs, reconnectMaxMs)
    this.timer = setTimeout(() => this.retryNow(), delayMs)
  }

  private retryNow() {
    if (!this.timer) return
    clearTimeout(this.timer)
    this.timer = null
    void this.attempt()
  }

  private opened() {
    this.connectedAt = performance.now()
    this.become('connected')
  }

  private lost() {
    if (this.signal.aborted) return
    if (this.state === 'connected') {
      if (performance.now() - this.connectedAt > STABLE_MS) this.attempts = 0
      this.become('reconnecting')
    }
    this.retryLater()
  }

  private refused(error: Error & { data?: { code?: ChatErrorCode } }) {
    if (this.signal.aborted) return
    const code = codeOf(error)
    const isFinal = FINAL.has(code) || (code === 'TOKEN_EXPIRED' && typeof this.options.token === 'string')
    if (isFinal) this.end(new ChatError({ code, message: error.message }))
    else this.retryLater()
  }

  private end(error: ChatError) {
    if (this.signal.aborted) return
    if (this.timer) clearTimeout(this.timer)
    this.closing.abort(error)
    this.socket.disconnect()
    this.socket.off()
    this.become('closed', error.code === 'CLOSED' ? undefined : error)
    this.listeners.clear()
  }

  private become(state: ConnectionState, error?: ChatError) {
    this.state = state
    this.epoch += 1
    this.listeners.call(state, error)
  }
}

/** A failed transport has no code, and is retried. An unknown namespace has none either, but a retry is no use. */
function codeOf({ message, data }: Error & { data?: { code?: ChatErrorCode } }): ChatErrorCode {
  return data?.code ?? (message === 'Invalid namespace' ? 'INVALID_REQUEST' : 'SERVICE_UNAVAILABLE')
}
