import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Tracing } from '../process/config.ts'
import { setTracer } from './tracing.ts'

const EXPORT_EVERY_MS = 1_000
/** A collector that does not answer costs spans, and neither memory nor a stop in time. */
const EXPORT_WITHIN_MS = 2_000
const MAX_WAITING = 4_096

/** @returns what exports the rest, and ends it */
export function startExport({ url, ratio }: Tracing, service: string): () => Promise<void> {
  const exporter = new OTLPTraceExporter({
    url: `${url.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_WITHIN_MS,
  })
  const processor = new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: EXPORT_EVERY_MS,
    exportTimeoutMillis: EXPORT_WITHIN_MS,
    maxQueueSize: MAX_WAITING,
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [processor],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  setTracer(provider.getTracer('chat'))
  return async () => {
    setTracer(null)
    context.disable()
    propagation.disable()
    await provider.shutdown().catch(() => {})
  }
}
