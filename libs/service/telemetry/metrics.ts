import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const LATENCY_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const MEASURE_WITHIN_MS = 1_000

/** How far a durable consumer is behind, over all of its instances. */
export type ConsumerLag = { lagMs: number; pending: number }

/** What became of a job that a process had claimed. */
export type JobOutcome = 'finished' | 'retried' | 'dead' | 'released' | 'ended' | 'lost'

/** Whether each dependency of a process answers. */
type Answers = Record<string, boolean>

/**
 * The metrics of one process. Labels have few values and are never ids. A registry per instance lets tests run many
 * in one process.
 */
export class Metrics {
  readonly registry = new Registry()
  private readonly registers = [this.registry]
  private readonly consumers = new Map<string, () => Promise<ConsumerLag>>()
  private readonly deadLetterCounts = new Map<string, () => Promise<number>>()
  private measuring: Promise<void> | null = null
  private readonly dependencyChecks: (() => Promise<Answers>)[] = []

  readonly requests = new Histogram({
    name: 'chat_request_seconds',
    help: 'Requests answered, by operation and code',
    labelNames: ['operation', 'code'],
    buckets: LATENCY_SECONDS,
    registers: this.registers,
  })
  readonly events = new Histogram({
    name: 'chat_event_seconds',
    help: 'Client events answered by the gateway, and HTTP requests by the platform API, by operation and code',
    labelNames: ['operation', 'code'],
    buckets: LATENCY_SECONDS,
    registers: this.registers,
  })
  readonly sockets = new Gauge({
    name: 'chat_sockets',
    help: 'Connected sockets',
    registers: this.registers,
  })
  readonly connections = new Counter({
    name: 'chat_connections_total',
    help: 'Connection attempts, by the code of the answer',
    labelNames: ['code'],
    registers: this.registers,
  })
  readonly disconnections = new Counter({
    name: 'chat_disconnections_total',
    help: 'Sockets that disconnected, by the reason that socket.io gives',
    labelNames: ['reason'],
    registers: this.registers,
  })
  readonly batch = new Histogram({
    name: 'chat_message_batch_size',
    help: 'Messages that shared one insert',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200],
    registers: this.registers,
  })
  readonly owed = new Gauge({
    name: 'chat_unpublished_events',
    help: 'Stored events that are not in the stream yet',
    registers: this.registers,
  })
  readonly deliveries = new Histogram({
    name: 'chat_fanout_sockets',
    help: 'Sockets that a message was delivered to, per gateway',
    buckets: [0, 1, 2, 5, 10, 50, 100, 1000],
    registers: this.registers,
  })
  readonly repairs = new Counter({
    name: 'chat_delivery_repairs_total',
    help: 'Gap repairs: messages of an open room that a gateway fetched because it had missed them',
    registers: this.registers,
  })
  readonly busConnected = new Gauge({
    name: 'chat_nats_connected',
    help: 'Whether NATS is connected',
    labelNames: ['service'],
    registers: this.registers,
  })

  readonly ready: Gauge = new Gauge({
    name: 'chat_ready',
    help: 'Whether each dependency answers, as in /readyz',
    labelNames: ['dependency'],
    registers: this.registers,
    collect: () => this.askDependencies(),
  })

  readonly consumed = new Histogram({
    name: 'chat_consumer_batch_size',
    help: 'Events of the stream that were handled in one batch',
    labelNames: ['consumer'],
    buckets: [1, 2, 5, 10, 50, 100, 500, 2000],
    registers: this.registers,
  })
  readonly consumerFailures = new Counter({
    name: 'chat_consumer_failures_total',
    help: 'Events of the stream whose handling failed and is retried',
    labelNames: ['consumer'],
    registers: this.registers,
  })
  readonly deadLetterEvents = new Counter({
    name: 'chat_dead_letter_events_total',
    help: 'Events of the stream that became dead letters',
    labelNames: ['consumer'],
    registers: this.registers,
  })
  readonly consumerLag: Gauge = new Gauge({
    name: 'chat_consumer_lag_seconds',
    help: 'Age of the oldest event that a consumer has not handled; the same from all instances',
    labelNames: ['consumer'],
    registers: this.registers,
    collect: () => this.measureConsumers(),
  })
  readonly consumerPending: Gauge = new Gauge({
    name: 'chat_consumer_pending_events',
    help: 'Events that a consumer has not handled; the same from all instances',
    labelNames: ['consumer'],
    registers: this.registers,
    collect: () => this.measureConsumers(),
  })

  readonly pushes = new Counter({
    name: 'chat_pushes_total',
    help: 'Pushes handed to a push service, by platform and what it answered',
    labelNames: ['platform', 'outcome'],
    registers: this.registers,
  })

  readonly jobs = new Counter({
    name: 'chat_jobs_total',
    help: 'Jobs that were claimed, by kind and what became of them',
    labelNames: ['kind', 'outcome'],
    registers: this.registers,
  })
  readonly deadLetters: Gauge = new Gauge({
    name: 'chat_dead_letters',
    help: 'Jobs that failed too often and were neither replayed nor dropped; the same from all instances',
    labelNames: ['kind'],
    registers: this.registers,
    collect: () => this.countDeadLetters(),
  })

  readonly webhooks = new Counter({
    name: 'chat_webhooks_total',
    help: 'Webhooks sent, by outcome',
    labelNames: ['outcome'],
    registers: this.registers,
  })

  /** Adds metrics of the process: memory, CPU, event-loop delay. */
  withProcess(): this {
    collectDefaultMetrics({ register: this.registry })
    return this
  }

  /** The checks run whenever the metrics are read. */
  watchDependencies(ask: () => Promise<Answers>) {
    this.dependencyChecks.push(ask)
  }

  /** A dependency of several parts of a process counts as ready when all of them reach it. */
  private async askDependencies() {
    const all = await Promise.all(this.dependencyChecks.map((ask) => ask()))
    this.ready.reset()
    for (const name of new Set(all.flatMap(Object.keys)))
      this.ready.set({ dependency: name }, all.every((each) => each[name] !== false) ? 1 : 0)
  }

  /** Measures a consumer whenever the metrics are read. @returns a function that ends it */
  watchConsumer(consumer: string, measure: () => Promise<ConsumerLag>) {
    this.consumers.set(consumer, measure)
    // Counters begin at 0: a counter that begins at 1 shows no increase.
    for (const counter of [this.consumerFailures, this.deadLetterEvents]) counter.inc({ consumer }, 0)
    return () => {
      if (this.consumers.get(consumer) === measure) this.consumers.delete(consumer)
    }
  }

  /** Dead letters are counted whenever the metrics are read. */
  watchDeadLetters(kind: string, count: () => Promise<number>) {
    this.deadLetterCounts.set(kind, count)
  }

  private async countDeadLetters() {
    const counting = [...this.deadLetterCounts].map(async ([kind, count]) => {
      const dead = await measureInTime(count)
      if (dead === null) this.deadLetters.remove({ kind })
      else this.deadLetters.set({ kind }, dead)
    })
    await Promise.all(counting)
  }

  /** One measurement gives both metrics. */
  private measureConsumers(): Promise<void> {
    this.measuring ??= this.measureEach().finally(() => {
      this.measuring = null
    })
    return this.measuring
  }

  /** A consumer that cannot be measured is left out: an old number would look healthy. */
  private async measureEach() {
    const measuring = [...this.consumers].map(async ([consumer, measure]) => {
      const lag = await measureInTime(measure)
      if (lag) {
        this.consumerLag.set({ consumer }, lag.lagMs / 1000)
        this.consumerPending.set({ consumer }, lag.pending)
        return
      }
      this.consumerLag.remove({ consumer })
      this.consumerPending.remove({ consumer })
    })
    await Promise.all(measuring)
  }
}

async function measureInTime<T>(measure: () => Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), MEASURE_WITHIN_MS)
  try {
    return await Promise.race([measure().catch(() => null), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
