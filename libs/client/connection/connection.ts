import { Manager, type Socket } from 'socket.io-client'
import { backoff } from './backoff.ts'
import { ChatError, type ChatErrorCode, closed, unavailable } from './chat-error.ts'
import { guarded } from './guarded.ts'

/** A connection that lasted this long was a good one: the next wait is the shortest again. */
const STABLE_MS = 5_000

export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'closed'
/** `error` is there where the server refused for good. */
export type StateListener = (state: ConnectionState, error?: ChatError) => void

export type ConnectionOptions = {
  /** Origin of the gateway: `ws:`, `wss:`, `http:` or `https:`. */
  url: string
  /** Default `/chat`. */
  namespace?: string
  /** Where socket.io answers on that origin. Default `/socket.io`. */
  path?: string
  /** A function is called before every try to connect, so that an expired token is replaced. */
  token: string | (() => string | Promise<string>)
  /** The first wait before connecting again; it doubles up to `reconnectMaxMs`. Defaults 500 and 10,000. */
  reconnectMinMs?: number
  reconnectMaxMs?: number
}

/** What no further try with the same token, or a fresh one, would change. */
const FINAL: ReadonlySet<ChatErrorCode> = new Set(['TOKEN_INVALID', 'INVALID_REQUEST'])

/**
 * The socket, kept connected. socket.io's own reconnection is off: it stops after a refusal or a server's
 * disconnect, so one loop here covers every way to lose a connection.
 */
export class Connection {
  readonly socket: Socket
  readonly ready: Promise<void>
  /** Aborted, with a ChatError as its reason, when the connection is closed for good. */
  readonly signal: AbortSignal
  state: ConnectionState = 'connecting'
  private readonly options: ConnectionOptions
  private readonly closing = new AbortController()
  private readonly listeners = new Set<StateListener>()
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
    // Nobody has to wait for it.
    this.ready.catch(() => {})
    // Browsers tell when the network is back; Node has no such event, nor a global to listen to.
    globalThis.addEventListener?.('online', () => this.retryNow(), { signal: this.signal })
    void this.attempt()
  }

  /** Calls back on every change of state, until the returned function is called. */
  onState(listener: StateListener): () => void {
    const own = guarded(listener)
    this.listeners.add(own)
    return () => this.listeners.delete(own)
  }

  /** Resolves once connected; rejects when closed, and with SERVICE_UNAVAILABLE after `timeoutMs`. */
  connected(timeoutMs?: number): Promise<void> {
    if (this.signal.aborted) return Promise.reject(this.signal.reason)
    if (this.state === 'connected') return Promise.resolve()
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer)
        off()
        act()
      }
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => settle(() => reject(unavailable('There is no connection'))), timeoutMs)
      const off = this.onState((state) => {
        if (state === 'connected') settle(resolve)
        else if (state === 'closed') settle(() => reject(this.signal.reason))
      })
    })
  }

  /** Connects anew, unless that connection is gone already. */
  renew(socketId: string | undefined) {
    if (this.state === 'connected' && this.socket.id === socketId) this.socket.disconnect()
  }

  close() {
    this.end(closed())
  }

  private async attempt() {
    const token = await this.fetchToken()
    if (this.signal.aborted) return
    if (token === null) return this.retryLater()
    this.socket.auth = { token }
    this.socket.connect()
  }

  /** @returns null where there is none now; what hands out tokens may be away like anything else */
  private async fetchToken(): Promise<string | null> {
    const { token } = this.options
    try {
      return typeof token === 'string' ? token : await token()
    } catch {
      return null
    }
  }

  private retryLater() {
    if (this.timer) return
    const { reconnectMinMs = 500, reconnectMaxMs = 10_000 } = this.options
    this.timer = setTimeout(
      () => {
        this.timer = null
        void this.attempt()
      },
      backoff(this.attempts++, reconnectMinMs, reconnectMaxMs),
    )
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
    for (const listener of [...this.listeners]) listener(state, error)
  }
}

/** A failed transport has no code; a namespace that is not there has none either, but no retry makes it appear. */
function codeOf({ message, data }: Error & { data?: { code?: ChatErrorCode } }): ChatErrorCode {
  return data?.code ?? (message === 'Invalid namespace' ? 'INVALID_REQUEST' : 'SERVICE_UNAVAILABLE')
}
