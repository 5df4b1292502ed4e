import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Tracing } from '../process/config.ts'

/** A place in a trace, as W3C's `traceparent` spells it; null where nothing is traced. */
export type Trace = string | null
type Step = { name: string; kind: keyof typeof kinds; attributes?: Attributes }

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
}
const SAMPLED = /-01$/
/** Codes that are the system's fault and not the asker's. */
const FAILURES = new Set(['INTERNAL', 'TIMEOUT', 'SERVICE_UNAVAILABLE'])

/** Null unless traces are exported: then what is below costs a comparison. */
let tracer: Tracer | null = null

export const isTracing = () => tracer !== null

/**
 * Exports traces as long as it is open; without a configuration nothing of it is even loaded.
 * @param service as others see it
 */
export async function openTracing(tracing: Tracing | null, service: string) {
  if (!tracing) return { close: async () => {} }
  const { startExport } = await import('./trace-export.ts')
  return { close: startExport(tracing, service) }
}

/** For who exports them. */
export function setTracer(next: Tracer | null) {
  tracer = next
}

/** Does work as a step of the trace in which it is asked for, or of the one that `parent` names. */
export function traced<T>(step: Step, work: () => Promise<T>, parent?: Trace): Promise<T> {
  if (!tracer) return work()
  const at = parent === undefined ? context.active() : contextOf(parent)
  const span = begin(tracer, step, at)
  return context.with(trace.setSpan(at, span), () => untilDone([span], work))
}

/** Does work that several wait for at once, as a step of each one's trace. What it asks for itself belongs to the first. */
export function tracedForAll<T>(step: Step, parents: Trace[], work: () => Promise<T>): Promise<T> {
  if (!tracer) return work()
  const places = parents.filter((parent) => parent !== null && SAMPLED.test(parent)).map(contextOf)
  const spans: Span[] = []
  for (const place of places) spans.push(begin(tracer, step, place))
  const [first] = spans
  const at = first ? trace.setSpan(places[0] as Context, first) : ROOT_CONTEXT
  return context.with(at, () => untilDone(spans, work))
}

/** Does work that goes on for others: it belongs to nobody's trace. */
export const untraced = <T>(work: () => T): T => (tracer ? context.with(ROOT_CONTEXT, work) : work())

/** Where the trace stands, for who goes on with it elsewhere. */
export function currentTrace(): Trace {
  if (!tracer) return null
  const carrier: { traceparent?: string } = {}
  propagation.inject(context.active(), carrier)
  return carrier.traceparent ?? null
}

/** A step of what is being done, of which the end is told later; null where that is not recorded. */
export function beginStep(step: Step): Span | null {
  if (!tracer || !trace.getActiveSpan()?.isRecording()) return null
  return begin(tracer, step, context.active())
}

/** How the request ended that is being done. */
export function noteCode(code: string) {
  const span = tracer && trace.getActiveSpan()
  if (!span) return
  span.setAttribute('chat.code', code)
  if (FAILURES.has(code)) span.setStatus({ code: SpanStatusCode.ERROR, message: code })
}

const contextOf = (parent: Trace) =>
  parent === null ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent: parent })

const begin = (by: Tracer, { name, kind, attributes = {} }: Step, at: Context) =>
  by.startSpan(name, { kind: kinds[kind], attributes }, at)

async function untilDone<T>(spans: Span[], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    for (const span of spans) span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).name })
    throw error
  } finally {
    for (const span of spans) span.end()
  }
}
