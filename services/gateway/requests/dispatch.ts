import { type Envelope, Fault, failed, type OperationName, operations, rowOf } from '@chat/contract'
import { type Body, type Bus, type Limits, type Logger, type Metrics, noteCode, traced } from '@chat/service'
import type { ClientSocket } from '../connection/session.ts'
import type { Effects } from './effects.ts'

type Parts = { bus: Bus; limits: Limits; logger: Logger; metrics: Metrics; effects: Effects }
type Effect = {
  before?: (socket: ClientSocket, input: unknown) => void
  succeeded?: (socket: ClientSocket, input: unknown, output: unknown) => Promise<void> | void
  failed?: (socket: ClientSocket, input: unknown) => void
}

/** Operations by client event: a map, so that no event name reaches a prototype. */
const byEvent = new Map<string, OperationName>()
for (const name of Object.keys(operations) as OperationName[]) {
  const { event } = rowOf(name)
  if (event !== undefined) byEvent.set(event, name)
}

/** Turns client events into requests: one loop over the contract's table, no operation by name. */
export class Dispatch {
  private readonly parts: Parts
  private readonly inFlight = new WeakMap<ClientSocket, Set<Promise<void>>>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  attach(socket: ClientSocket) {
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

  /** Resolves when every event of the socket is answered. */
  async idle(socket: ClientSocket) {
    const inFlight = this.inFlight.get(socket) ?? new Set()
    while (inFlight.size > 0) await Promise.all(inFlight)
  }

  private async answer(socket: ClientSocket, event: string, args: unknown[]) {
    const { metrics, logger } = this.parts
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
    metrics.events.observe({ operation, code }, ms / 1000)
    const userId = socket.data.session?.userId
    logger.debug({ requestId, event: operation, userId, code, ms: Math.round(ms) }, 'event')
  }

  private async perform(
    socket: ClientSocket,
    event: string,
    input: unknown,
    requestId: string,
  ): Promise<Envelope<unknown>> {
    const name = byEvent.get(event)
    const effect = (name && this.parts.effects[name]) as Effect | undefined
    try {
      const body = this.admit(socket, name, input, requestId)
      effect?.before?.(socket, input)
      const envelope = await this.parts.bus.forward(name as OperationName, body, requestId)
      if (envelope.success) await effect?.succeeded?.(socket, input, envelope.data)
      else effect?.failed?.(socket, input)
      return envelope
    } catch (error) {
      if (error instanceof Fault) return failed(error, requestId)
      this.parts.logger.error({ err: error, event, requestId }, 'event failed')
      return failed(new Fault('INTERNAL'), requestId)
    }
  }

  /** Checks session, rate and size; the service validates the rest. @returns the request's body */
  private admit(
    socket: ClientSocket,
    name: OperationName | undefined,
    input: unknown,
    requestId: string,
  ): Body {
    const { limits } = this.parts
    const { session, rate } = socket.data
    if (!session) throw new Fault('CLIENT_ID_NO_EXISTS')
    const kind = name && rowOf(name).rate
    if (kind !== 'none') (kind ? session.rates[kind] : rate)?.take()
    if (!name) throw new Fault('INVALID_REQUEST', { message: 'Unknown event' })
    const { bytes: field } = rowOf(name)
    const { rest, bytes } = field === undefined ? { rest: input } : splitBytes(input, field)
    const payload = toJson(rest)
    requireSize(Buffer.byteLength(payload), limits.eventBytes, 'event')
    requireSize(bytes?.byteLength ?? 0, limits.chunkBytes, 'chunk')
    const json = `{"caller":${JSON.stringify(session.caller(requestId))},"input":${payload}}`
    return { json, ...(bytes && { bytes }) }
  }
}

/** Splits off the bytes of a payload; socket.io gives a Buffer for whatever bytes a client sends. */
function splitBytes(input: unknown, field: string): { rest: unknown; bytes?: Uint8Array } {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, field)) return { rest: input }
  const { [field]: bytes, ...rest } = input as Record<string, unknown>
  // Anything else stays in the payload, where the service's validation refuses it.
  return bytes instanceof Uint8Array ? { rest, bytes } : { rest: input }
}

/** @throws INVALID_REQUEST */
function requireSize(bytes: number, max: number, what: string) {
  if (bytes > max) throw new Fault('INVALID_REQUEST', { message: `The ${what} is larger than ${max} bytes` })
}

/** @throws INVALID_REQUEST where the payload is nested deeper than JSON.stringify() can go */
function toJson(input: unknown): string {
  try {
    return JSON.stringify(input) ?? 'null'
  } catch {
    throw new Fault('INVALID_REQUEST', { message: 'The payload cannot be read' })
  }
}
