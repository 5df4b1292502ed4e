import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const LATENCY_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const MEASURE_WITHIN_MS = 1_000

/** How far a durable consumer is behind, over all of its instances. */
export type ConsumerLag = { lagMs: number; pending: number }

/** What became of a job that a process had claimed. */
export type JobOutcome = 'finished' | 'retried' | 'dead' | 'released' | 'lost'

/** Which of the things that a process depends on answer it. */
type Answering = Record<string, boolean>

/**
 * What one process measures. Labels have few values, all of them ours: never an id. A registry of its own lets tests
 * run many in one process.
 */
export class Metrics {
  readonly registry = new Registry()
  private readonly registers = [this.registry]
  private readonly consumers = new Map<string, () => Promise<ConsumerLag>>()
  private readonly deadLetterCounts = new Map<string, () => Promise<number>>()
  private measuring: Promise<void> | null = null
  private readonly answering: (() => Promise<Answering>)[] = []

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
    help: 'Sockets that wanted to connect, by what they were answered',
    labelNames: ['code'],
    registers: this.registers,
  })
  readonly disconnections = new Counter({
    name: 'chat_disconnections_total',
    help: 'Sockets that went, by the reason that socket.io tells',
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
    help: 'Events that are stored and that the stream does not have yet',
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
    help: 'Times that a gateway fetched what it had not heard of an open room',
    registers: this.registers,
  })
  readonly busConnected = new Gauge({
    name: 'chat_nats_connected',
    help: 'Whether the connection to NATS stands',
    labelNames: ['service'],
    registers: this.registers,
  })

  readonly ready: Gauge = new Gauge({
    name: 'chat_ready',
    help: 'Whether what this process cannot do without answers it, as /readyz tells',
    labelNames: ['dependency'],
    registers: this.registers,
    collect: () => this.askDependencies(),
  })

  readonly consumed = new Histogram({
    name: 'chat_consumer_batch_size',
    help: 'Events of the stream that were handled at a time',
    labelNames: ['consumer'],
    buckets: [1, 2, 5, 10, 50, 100, 500, 2000],
    registers: this.registers,
  })
  readonly consumerFailures = new Counter({
    name: 'chat_consumer_failures_total',
    help: 'Events of the stream whose handling failed, and is tried again',
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
    help: 'How long the oldest event has been there that a consumer has not handled; the same from all instances',
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
    help: 'Webhooks sent, by what became of them',
    labelNames: ['outcome'],
    registers: this.registers,
  })

  /** Adds what the process itself tells: memory, CPU, event-loop delay. */
  withProcess(): this {
    collectDefaultMetrics({ register: this.registry })
    return this
  }

  /** Dependencies are asked whenever somebody asks for the metrics. */
  watchDependencies(ask: () => Promise<Answering>) {
    this.answering.push(ask)
  }

  /** Where several parts of a process need the same thing, it is there when it is for all of them. */
  private async askDependencies() {
    const all = await Promise.all(this.answering.map((ask) => ask()))
    this.ready.reset()
    for (const name of new Set(all.flatMap(Object.keys)))
      this.ready.set({ dependency: name }, all.every((each) => each[name] !== false) ? 1 : 0)
  }

  /** A consumer is measured whenever somebody asks for the metrics. @returns ends that */
  watchConsumer(consumer: string, measure: () => Promise<ConsumerLag>) {
    this.consumers.set(consumer, measure)
    // Of a counter that begins at 1 nobody can tell that it has grown.
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

  /** Two metrics come of one measurement. */
  private measureConsumers(): Promise<void> {
    this.measuring ??= this.measureEach().finally(() => {
      this.measuring = null
    })
    return this.measuring
  }

  /** One that cannot be measured is not told of: an old number would say that all is well. */
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
