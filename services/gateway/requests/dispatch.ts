import { clientOperations, type Envelope, Fault, failed, type OperationName, rowOf } from '@chat/contract'
import { type Body, type Bus, type Limits, type Logger, type Metrics, noteCode, traced } from '@chat/service'
import type { ClientSocket } from '../connection/session.ts'
import type { Effect, Effects } from './effects.ts'

type Parts = { bus: Bus; limits: Limits; logger: Logger; metrics: Metrics; effects: Effects }
/** An event of a client. `name` is undefined for one that the contract does not have. */
type ClientEvent = { name: OperationName | undefined; input: unknown; requestId: string }

/** Operations by client event: a map, so that no event name reaches a prototype. */
const byEvent = new Map(clientOperations.map((name) => [rowOf(name).event, name]))

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
      const answer = traced(step, () => this.answer(socket, event, args))
      const answering = answer.finally(() => inFlight.delete(answering))
      inFlight.add(answering)
    })
  }

  async idle(socket: ClientSocket) {
    const inFlight = this.inFlight.get(socket) ?? new Set()
    while (inFlight.size > 0) await Promise.all(inFlight)
  }

  private async answer(socket: ClientSocket, event: string, args: unknown[]) {
    const { metrics, logger } = this.parts
    const started = performance.now()
    const requestId = crypto.randomUUID()
    const name = byEvent.get(event)
    const last = args.at(-1)
    const ack = typeof last === 'function' ? last : null
    const input = args[0] === ack ? undefined : args[0]
    const envelope = await this.perform(socket, { name, input, requestId })
    ack?.(envelope)
    const code = envelope.error ?? 'OK'
    const operation = name ?? 'unknown'
    noteCode(code)
    const ms = performance.now() - started
    metrics.events.observe({ operation, code }, ms / 1000)
    const userId = socket.data.session?.userId
    logger.debug({ requestId, event: operation, userId, code, ms: Math.round(ms) }, 'event')
  }

  private async perform(socket: ClientSocket, event: ClientEvent): Promise<Envelope<unknown>> {
    const { name, input, requestId } = event
    const effect = (name && this.parts.effects[name]) as Effect | undefined
    try {
      const body = this.admit(socket, event)
      effect?.before?.(socket, input)
      const envelope = await this.parts.bus.forward(name as OperationName, body, requestId)
      if (envelope.success) await effect?.succeeded?.(socket, input, envelope.data)
      else effect?.failed?.(socket, input)
      return envelope
    } catch (error) {
      if (error instanceof Fault) return failed(error, requestId)
      this.parts.logger.error({ err: error, event: name, requestId }, 'event failed')
      return failed(new Fault('INTERNAL'), requestId)
    }
  }

  /** Checks session, rate and size; the service validates the rest. @returns the request's body */
  private admit({ data: { session, rate } }: ClientSocket, { name, input, requestId }: ClientEvent): Body {
    const { limits } = this.parts
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
