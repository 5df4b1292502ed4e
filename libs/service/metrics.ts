import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What one process measures. A registry of its own lets tests run many in one process. */
export class Metrics {
  readonly registry = new Registry()
  readonly requests = new Histogram({
    name: 'chat_request_seconds',
    help: 'Requests answered, by operation and code',
    labelNames: ['operation', 'code'],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.registry],
  })
  readonly events = new Histogram({
    name: 'chat_event_seconds',
    help: 'Client events answered by the gateway, by operation and code',
    labelNames: ['operation', 'code'],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.registry],
  })
  readonly sockets = new Gauge({
    name: 'chat_sockets',
    help: 'Connected sockets',
    registers: [this.registry],
  })
  readonly batch = new Histogram({
    name: 'chat_message_batch_size',
    help: 'Messages that shared one insert',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200],
    registers: [this.registry],
  })
  readonly deliveries = new Histogram({
    name: 'chat_fanout_sockets',
    help: 'Sockets that a message was delivered to, per gateway',
    buckets: [0, 1, 2, 5, 10, 50, 100, 1000],
    registers: [this.registry],
  })

  readonly pushes = new Counter({
    name: 'chat_pushes_total',
    help: 'Pushes handed to a push service, by platform and what it answered',
    labelNames: ['platform', 'outcome'],
    registers: [this.registry],
  })
  readonly pushesSetAside = new Gauge({
    name: 'chat_pushes_set_aside',
    help: 'Messages whose pushes were given up on and not replayed yet',
    registers: [this.registry],
  })

  readonly webhooks = new Counter({
    name: 'chat_webhooks_total',
    help: 'Webhooks sent, by what became of them',
    labelNames: ['outcome'],
    registers: [this.registry],
  })

  /** Adds what the process itself tells: memory, CPU, event-loop delay. */
  withProcess(): this {
    collectDefaultMetrics({ register: this.registry })
    return this
  }
}
