import { setTimeout as delay } from 'node:timers/promises'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const LATENCY_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
/** Steps of a message's way, which take a millisecond where nothing waits. */
const STEP_SECONDS = [0.0005, ...LATENCY_SECONDS]
const MEASURE_WITHIN_MS = 1_000

/** How far a consumer of the stream is behind, over all of its instances. */
export type ConsumerLag = { lagMs: number; pending: number }

export type JobOutcome = 'finished' | 'retried' | 'dead' | 'released' | 'ended' | 'lost'

export type Metrics = ReturnType<typeof createMetrics>

/** The metrics of one process. Labels are never ids. @param withProcess adds memory, CPU and event-loop delay */
export function createMetrics({ withProcess = false } = {}) {
  const registry = new Registry()
  if (withProcess) collectDefaultMetrics({ register: registry })
  const makers = makersOf(registry)
  return {
    registry,
    ...plainMetrics(makers),
    ...dependencyMetrics(makers),
    ...consumerMetrics(makers),
    ...deadLetterMetrics(makers),
  }
}

type Makers = ReturnType<typeof makersOf>

function makersOf(registry: Registry) {
  const registers = [registry]
  const histogram = <L extends string>(name: string, help: string, buckets: number[], ...labelNames: L[]) =>
    new Histogram({ name, help, buckets, labelNames, registers })
  return {
    counter: <L extends string>(name: string, help: string, ...labelNames: L[]) =>
      new Counter({ name, help, labelNames, registers }),
    gauge: <L extends string>(name: string, help: string, labelNames: L[] = []) =>
      new Gauge({ name, help, labelNames, registers }),
    /** A gauge that is measured whenever the metrics are read. */
    measured: <L extends string>(name: string, help: string, label: L, collect: () => Promise<void>) =>
      new Gauge({ name, help, labelNames: [label], registers, collect }),
    histogram,
    latency: (name: string, help: string) => histogram(name, help, LATENCY_SECONDS, 'operation', 'code'),
  }
}

const plainMetrics = ({ counter, gauge, histogram, latency }: Makers) => ({
  requests: latency('chat_request_seconds', 'Requests answered, by operation and code'),
  events: latency('chat_event_seconds', 'Events answered by the gateway, requests by the platform API'),
  sockets: gauge('chat_sockets', 'Connected sockets'),
  connections: counter('chat_connections_total', 'Connection attempts, by the code of the answer', 'code'),
  disconnections: counter('chat_disconnections_total', 'Disconnected sockets, by the reason', 'reason'),
  batch: histogram('chat_message_batch_size', 'Messages in one insert', [1, 2, 5, 10, 20, 50, 100, 200]),
  commitWaitSeconds: histogram(
    'chat_commit_wait_seconds',
    'From a send until its insert begins: it waits for the insert before, or for the last seq of its room',
    STEP_SECONDS,
  ),
  storeSeconds: histogram('chat_store_seconds', 'Inserts of messages', STEP_SECONDS),
  publishSeconds: histogram(
    'chat_publish_seconds',
    'From an event to publish until the stream has it',
    STEP_SECONDS,
  ),
  owed: gauge('chat_unpublished_events', 'Stored events that are not in the stream yet'),
  deliveries: histogram(
    'chat_fanout_sockets',
    'Sockets that a message was delivered to, per gateway',
    [0, 1, 2, 5, 10, 50, 100, 1000],
  ),
  repairs: counter('chat_delivery_repairs_total', 'Messages that a gateway had missed and fetched'),
  busConnected: gauge('chat_nats_connected', 'Whether NATS is connected', ['service']),
  pushes: counter('chat_pushes_total', 'Pushes, by what the push service answered', 'platform', 'outcome'),
  jobs: counter('chat_jobs_total', 'Claimed jobs, by what became of them', 'kind', 'outcome'),
  webhooks: counter('chat_webhooks_total', 'Webhooks sent, by outcome', 'outcome'),
})

function dependencyMetrics({ measured }: Makers) {
  const checks: (() => Promise<Record<string, boolean>>)[] = []
  const help = 'Whether each dependency answers, as in /readyz'
  const ready: Gauge = measured('chat_ready', help, 'dependency', async () => {
    const all = await Promise.all(checks.map((ask) => ask()))
    ready.reset()
    // A dependency of several parts of a process counts as ready when all of them reach it.
    for (const name of new Set(all.flatMap(Object.keys)))
      ready.set({ dependency: name }, all.every((each) => each[name] !== false) ? 1 : 0)
  })
  return { watchDependencies: (ask: (typeof checks)[number]) => checks.push(ask) }
}

function deadLetterMetrics({ measured }: Makers) {
  const counts = new Map<string, () => Promise<number>>()
  const help = 'Jobs that failed too often and were not replayed or dropped; the same from all instances'
  const deadLetters: Gauge = measured('chat_dead_letters', help, 'kind', async () => {
    const measurements = await measureEach(counts)
    deadLetters.reset()
    for (const { name, value } of measurements) deadLetters.set({ kind: name }, value)
  })
  return {
    deadLetters,
    watchDeadLetters: (kind: string, count: () => Promise<number>) => counts.set(kind, count),
  }
}

function consumerMetrics({ counter, histogram, measured }: Makers) {
  const consumers = new Map<string, () => Promise<ConsumerLag>>()
  const measure = async () => {
    const measurements = await measureEach(consumers)
    for (const gauge of [seconds, pending]) gauge.reset()
    for (const { name: consumer, value } of measurements) {
      seconds.set({ consumer }, value.lagMs / 1000)
      pending.set({ consumer }, value.pending)
    }
  }
  let measuring: Promise<void> | null = null
  const collect = () => {
    measuring ??= measure().finally(() => {
      measuring = null
    })
    return measuring
  }
  const age = 'Age of the oldest event that a consumer has not handled; the same from all instances'
  const seconds = measured('chat_consumer_lag_seconds', age, 'consumer', collect)
  const count = 'Events that a consumer has not handled; the same from all instances'
  const pending = measured('chat_consumer_pending_events', count, 'consumer', collect)
  const failures = counter('chat_consumer_failures_total', 'Events that failed and are retried', 'consumer')
  const dead = counter('chat_dead_letter_events_total', 'Events that became dead letters', 'consumer')
  const sizes = [1, 2, 5, 10, 50, 100, 500, 2000]
  return {
    consumed: histogram('chat_consumer_batch_size', 'Events handled in one batch', sizes, 'consumer'),
    consumerFailures: failures,
    deadLetterEvents: dead,
    watchConsumer: (consumer: string, measureLag: () => Promise<ConsumerLag>) => {
      consumers.set(consumer, measureLag)
      // Counters begin at 0: a counter that begins at 1 shows no increase.
      for (const each of [failures, dead]) each.inc({ consumer }, 0)
      return () => {
        if (consumers.get(consumer) === measureLag) consumers.delete(consumer)
      }
    },
  }
}

/** What cannot be measured in time is left out: an old number would look healthy. */
async function measureEach<T>(measures: Map<string, () => Promise<T>>) {
  const measuring = [...measures].map(async ([name, measure]) => {
    const late = delay(MEASURE_WITHIN_MS, null, { ref: false })
    const value = await Promise.race([measure().catch(() => null), late])
    return value === null ? [] : { name, value }
  })
  return (await Promise.all(measuring)).flat()
}
