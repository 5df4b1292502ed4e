import {
  type Envelope,
  Fault,
  failed,
  type OperationName,
  type Output,
  operations,
  type Row,
  rowOf,
} from '@chat/contract'
import { type Body, type Bus, type Limits, type Logger, type Metrics, noteCode, traced } from '@chat/service'
import type { Socket } from 'socket.io'
import type { Bucket } from '../connection/rate-limits.ts'
import type { Session } from '../connection/session.ts'

export type Connected = { session: Session; rate: Bucket }

/** What an operation means for the socket it came from, besides its answer. */
export type Effects = {
  [K in OperationName]?: {
    before?: (socket: Socket, input: unknown) => Promise<void>
    succeeded?: (socket: Socket, input: unknown, output: Output<K>) => Promise<void>
    failed?: (socket: Socket, input: unknown) => Promise<void>
  }
}

/** Client events by name: a map, so that no event name reaches a prototype. */
const byEvent = new Map<string, OperationName>()
for (const name of Object.keys(operations) as OperationName[]) {
  const { event } = rowOf(name)
  if (event !== undefined) byEvent.set(event, name)
}

/** Turns client events into requests: one loop over the contract, no operation by name. */
export class Dispatch {
  private readonly bus: Bus
  private readonly limits: Limits
  private readonly logger: Logger
  private readonly metrics: Metrics
  private readonly effects: Effects
  private readonly inFlight = new WeakMap<Socket, Set<Promise<void>>>()

  constructor(parts: { bus: Bus; limits: Limits; logger: Logger; metrics: Metrics; effects: Effects }) {
    this.bus = parts.bus
    this.limits = parts.limits
    this.logger = parts.logger
    this.metrics = parts.metrics
    this.effects = parts.effects
  }

  attach(socket: Socket) {
    const inFlight = new Set<Promise<void>>()
    this.inFlight.set(socket, inFlight)
    socket.onAny((event: string, ...args: unknown[]) => {
      const step = { name: byEvent.get(event) ?? 'unknown', kind: 'server' } as const
      const answering = traced(step, () => this.answer(socket, event, args)).finally(() =>
        inFlight.delete(answering),
      )
      inFlight.add(answering)
    })
  }

  /** Resolves in the moment in which every event that came from a socket has its answer. */
  async idle(socket: Socket) {
    const inFlight = this.inFlight.get(socket) ?? new Set()
    while (inFlight.size > 0) await Promise.all(inFlight)
  }

  private async answer(socket: Socket, event: string, args: unknown[]) {
    const started = performance.now()
    const requestId = crypto.randomUUID()
    const last = args.at(-1)
    const ack = typeof last === 'function' ? last : null
    const input = args[0] === ack ? undefined : args[0]
    const envelope = await this.perform(socket, event, input, requestId)
    ack?.(envelope)
    const code = envelope.error ?? 'OK'
    const operation = byEvent.get(event) ?? 'unknown'
    noteCode(code)
    const ms = performance.now() - started
    this.metrics.events.observe({ operation, code }, ms / 1000)
    this.logger.debug(
      { requestId, event: operation, userId: sessionOf(socket)?.session.userId, code, ms: Math.round(ms) },
      'event',
    )
  }

  private async perform(
    socket: Socket,
    event: string,
    input: unknown,
    requestId: string,
  ): Promise<Envelope<unknown>> {
    const name = byEvent.get(event)
    const effect = (name && this.effects[name]) as GenericEffect | undefined
    try {
      const body = this.admit(socket, name, input, requestId)
      await effect?.before?.(socket, input)
      const envelope = await this.bus.forward(name as OperationName, body, requestId)
      if (envelope.success) await effect?.succeeded?.(socket, input, envelope.data)
      else await effect?.failed?.(socket, input)
      return envelope
    } catch (error) {
      if (error instanceof Fault) return failed(error, requestId)
      this.logger.error({ err: error, event, requestId }, 'event failed')
      return failed(new Fault('INTERNAL'), requestId)
    }
  }

  /** Size, rate and session; the service validates the rest. @returns the request's body */
  private admit(socket: Socket, name: OperationName | undefined, input: unknown, requestId: string): Body {
    const connected = sessionOf(socket)
    if (!connected) throw new Fault('CLIENT_ID_NO_EXISTS')
    takeRate(connected, name && rowOf(name).rate)
    if (!name) throw new Fault('INVALID_REQUEST', { message: 'Unknown event' })
    const { bytes: field } = rowOf(name)
    const { rest, bytes } = field === undefined ? { rest: input } : apart(input, field)
    const payload = toJson(rest)
    requireSize(Buffer.byteLength(payload), this.limits.eventBytes, 'event')
    requireSize(bytes?.byteLength ?? 0, this.limits.chunkBytes, 'chunk')
    const json = `{"caller":${JSON.stringify(connected.session.caller(requestId))},"input":${payload}}`
    return { json, ...(bytes && { bytes }) }
  }
}

type GenericEffect = {
  before?: (socket: Socket, input: unknown) => Promise<void>
  succeeded?: (socket: Socket, input: unknown, output: unknown) => Promise<void>
  failed?: (socket: Socket, input: unknown) => Promise<void>
}

export const sessionOf = (socket: Socket): Connected | undefined =>
  (socket.data as { connected?: Connected }).connected

/** @throws RATE_LIMITED */
function takeRate({ session, rate }: Connected, kind: Row['rate']) {
  if (kind === undefined) rate.take()
  else if (kind !== 'none') session.rates[kind].take()
}

/** Splits off the bytes of a payload; socket.io gives a Buffer for whatever bytes a client sends. */
function apart(input: unknown, field: string): { rest: unknown; bytes?: Uint8Array } {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, field)) return { rest: input }
  const { [field]: bytes, ...rest } = input as Record<string, unknown>
  // Anything else than bytes goes where the contract refuses it.
  return bytes instanceof Uint8Array ? { rest, bytes } : { rest: input }
}

/** @throws INVALID_REQUEST */
function requireSize(bytes: number, max: number, what: string) {
  if (bytes > max) throw new Fault('INVALID_REQUEST', { message: `The ${what} is larger than ${max} bytes` })
}

/** @throws INVALID_REQUEST: what a client sends may be nested deeper than JSON can be written */
function toJson(input: unknown): string {
  try {
    return JSON.stringify(input) ?? 'null'
  } catch {
    throw new Fault('INVALID_REQUEST', { message: 'The payload cannot be read' })
  }
}
