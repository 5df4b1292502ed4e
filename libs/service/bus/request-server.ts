import { type Caller, type Envelope, Fault, failed, type OperationName, parseInput } from '@chat/contract'
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import { isTracing, noteCode, traced } from '../telemetry/tracing.ts'
import type { BusOptions } from './connection.ts'
import { decodeRequest, encode, operationOf, traceOf } from './request-encoding.ts'
import { settle } from './settle.ts'

type Parts = { service: string; handlers: object; options: BusOptions; holdWrites: () => void }
type Handler = (caller: Caller, input: unknown) => Promise<unknown>

/** Answers the requests for one service's operations. The instances of a service share the load as a queue group. */
export class RequestServer {
  private readonly parts: Parts
  private readonly inFlight = new Set<Promise<void>>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  subscribe(connection: NatsConnection, subject: string): Subscription {
    return connection.subscribe(subject, {
      queue: this.parts.service,
      callback: (err, request) => {
        if (err) this.parts.options.logger.error({ err, service: this.parts.service }, 'subscription failed')
        else this.take(request)
      },
    })
  }

  /** Resolves when the requests in flight are answered. The client's own `drain()` does not wait for them. */
  async idle() {
    await Promise.all(this.inFlight)
  }

  private take(request: Msg) {
    const span = { name: `${this.parts.service}.${operationOf(request)}`, kind: 'server' } as const
    const answering = traced(span, () => this.answer(request), isTracing() ? traceOf(request) : null)
      .catch((err) =>
        this.parts.options.logger.error({ err, service: this.parts.service }, 'request not answered'),
      )
      .finally(() => this.inFlight.delete(answering))
    this.inFlight.add(answering)
  }

  private async answer(request: Msg) {
    const { logger, metrics } = this.parts.options
    const started = performance.now()
    const operation = operationOf(request)
    const { caller, input } = decodeRequest(request)
    const { requestId, userId } = caller
    const handling = () => this.handle(operation, caller, input)
    const outcome = await settle(handling, { logger, operation, requestId })
    const code = this.respond(request, outcome, requestId).error ?? 'OK'
    noteCode(code)
    const ms = performance.now() - started
    metrics.requests.observe({ operation, code }, ms / 1000)
    logger.debug({ requestId, operation, userId, code, ms: Math.round(ms) }, 'answered')
  }

  private async handle(operation: OperationName, caller: Caller, input: unknown): Promise<unknown> {
    if (!Object.hasOwn(this.parts.handlers, operation))
      throw new Fault('INVALID_REQUEST', { message: 'Unknown operation' })
    const handler = (this.parts.handlers as Record<string, Handler>)[operation] as Handler
    const output = await handler(caller, parseInput(operation, input))
    const problem = this.parts.options.checkOutput?.(operation, output)
    if (problem) throw new Error(problem)
    return output
  }

  /** An answer that cannot be sent, as it is too large or no JSON, becomes a failure. @returns what was sent */
  private respond(request: Msg, outcome: Envelope<unknown>, requestId: string): Envelope<unknown> {
    try {
      this.parts.holdWrites()
      request.respond(encode(outcome))
      return outcome
    } catch (err) {
      this.parts.options.logger.error({ err, subject: request.subject, requestId }, 'answer cannot be sent')
      const failure = failed(new Fault('INTERNAL'), requestId)
      request.respond(encode(failure))
      return failure
    }
  }
}
