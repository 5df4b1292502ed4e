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
import type { Tracing } from '../process/config/process.ts'

/** A position in a trace, in the form of W3C's `traceparent`; null where nothing is traced. */
export type Trace = string | null
type Step = { name: string; kind: keyof typeof kinds; attributes?: Attributes }

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
}
const SAMPLED = /-01$/
/** Codes for failures of the system, not of the caller. */
const FAILURES = new Set(['INTERNAL', 'TIMEOUT', 'SERVICE_UNAVAILABLE'])

/** Null where no traces are exported: then the functions below cost one comparison. */
let tracer: Tracer | null = null

export const isTracing = () => tracer !== null

/** Exports traces of a service until `close`. Without a configuration, the exporter is not even loaded. */
export async function openTracing(tracing: Tracing | null, service: string) {
  if (!tracing) return { close: async () => {} }
  const { startExport } = await import('./trace-export.ts')
  const started = startExport(tracing, service)
  tracer = started.tracer
  return {
    close: async () => {
      tracer = null
      await started.close()
    },
  }
}

/** Runs work as a span of the current trace, or of the trace that `parent` names. */
export function traced<T>(step: Step, work: () => Promise<T>, parent?: Trace): Promise<T> {
  if (!tracer) return work()
  const at = parent === undefined ? context.active() : contextOf(parent)
  const span = begin(tracer, step, at)
  return context.with(trace.setSpan(at, span), () => untilDone([span], work))
}

/** Runs work that several callers wait for, as a span of each caller's trace. Its own requests belong to the first. */
export function tracedForAll<T>(step: Step, parents: Trace[], work: () => Promise<T>): Promise<T> {
  if (!tracer) return work()
  const places = parents.filter((parent) => parent !== null && SAMPLED.test(parent)).map(contextOf)
  const spans: Span[] = []
  for (const place of places) spans.push(begin(tracer, step, place))
  const [first] = spans
  const at = first ? trace.setSpan(places[0] as Context, first) : ROOT_CONTEXT
  return context.with(at, () => untilDone(spans, work))
}

export const untraced = <T>(work: () => T): T => (tracer ? context.with(ROOT_CONTEXT, work) : work())

/** The position in the current trace, to continue it elsewhere. */
export function currentTrace(): Trace {
  if (!tracer) return null
  const carrier: { traceparent?: string } = {}
  propagation.inject(context.active(), carrier)
  return carrier.traceparent ?? null
}

/** Begins a span of the current trace, which the caller ends; null where the trace is not recorded. */
export function beginStep(step: Step): Span | null {
  if (!tracer || !trace.getActiveSpan()?.isRecording()) return null
  return begin(tracer, step, context.active())
}

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
