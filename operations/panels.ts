/** One panel of the dashboard: its queries, and the legend of each line. */
export type Panel = {
  title: string
  /** What an operator learns from it. */
  description: string
  unit: 's' | 'short' | 'bytes' | 'reqps' | 'percentunit'
  queries: { expr: string; legend: string }[]
}
export type Row = { title: string; panels: Panel[] }

const per = (metric: string, ...labels: string[]) => `sum by (${labels.join(', ')}) (rate(${metric}[5m]))`
const quantile = (q: number, metric: string, ...labels: string[]) =>
  `histogram_quantile(${q}, sum by (${['le', ...labels].join(', ')}) (rate(${metric}_bucket[5m])))`
const both = (metric: string) => [
  { expr: quantile(0.5, metric), legend: 'p50' },
  { expr: quantile(0.99, metric), legend: 'p99' },
]

/** The dashboard's rows, from symptoms that users notice to their causes. */
export const rows: Row[] = [
  {
    title: 'What users notice',
    panels: [
      {
        title: 'Ack of a message',
        description: 'From the event on the gateway to its answer: stored and published.',
        unit: 's',
        queries: [
          {
            expr: 'histogram_quantile(0.5, sum by (le) (rate(chat_event_seconds_bucket{operation="sendMessage"}[5m])))',
            legend: 'p50',
          },
          {
            expr: 'histogram_quantile(0.99, sum by (le) (rate(chat_event_seconds_bucket{operation="sendMessage"}[5m])))',
            legend: 'p99',
          },
        ],
      },
      {
        title: 'Events and HTTP requests, by operation',
        description: 'What clients and platforms ask for.',
        unit: 'reqps',
        queries: [{ expr: per('chat_event_seconds_count', 'operation'), legend: '{{operation}}' }],
      },
      {
        title: 'Failures, by code',
        description:
          'INTERNAL is a bug; TIMEOUT and SERVICE_UNAVAILABLE are a dependency; the rest is what clients did.',
        unit: 'reqps',
        queries: [
          {
            expr: 'sum by (code) (rate(chat_event_seconds_count{code!="OK"}[5m]))',
            legend: '{{code}}',
          },
        ],
      },
      {
        title: 'Connected sockets',
        description: 'Of each gateway.',
        unit: 'short',
        queries: [{ expr: 'sum by (instance) (chat_sockets)', legend: '{{instance}}' }],
      },
      {
        title: 'Connections that were asked for, by answer',
        description: 'A wave after a restart is normal; refusals for long are not.',
        unit: 'reqps',
        queries: [{ expr: per('chat_connections_total', 'code'), legend: '{{code}}' }],
      },
      {
        title: 'Sockets that went, by reason',
        description: 'As socket.io tells it.',
        unit: 'reqps',
        queries: [{ expr: per('chat_disconnections_total', 'reason'), legend: '{{reason}}' }],
      },
    ],
  },
  {
    title: 'Services',
    panels: [
      {
        title: 'Latency of requests, p99 by operation',
        description: 'In the service, without the way there.',
        unit: 's',
        queries: [{ expr: quantile(0.99, 'chat_request_seconds', 'operation'), legend: '{{operation}}' }],
      },
      {
        title: 'Requests, by operation',
        description: 'What services answer.',
        unit: 'reqps',
        queries: [{ expr: per('chat_request_seconds_count', 'operation'), legend: '{{operation}}' }],
      },
      {
        title: 'Messages that share an insert',
        description: 'Grows with load: many messages then cost hardly more than one.',
        unit: 'short',
        queries: both('chat_message_batch_size'),
      },
      {
        title: 'Where the time of a send goes, p99',
        description: 'Waiting for the insert before, the insert, and the publish until the stream has it.',
        unit: 's',
        queries: [
          { expr: quantile(0.99, 'chat_commit_wait_seconds'), legend: 'waiting' },
          { expr: quantile(0.99, 'chat_store_seconds'), legend: 'storing' },
          { expr: quantile(0.99, 'chat_publish_seconds'), legend: 'publishing' },
        ],
      },
      {
        title: 'Sockets that a message goes to',
        description: 'On each gateway that has the room open.',
        unit: 'short',
        queries: both('chat_fanout_sockets'),
      },
    ],
  },
  {
    title: 'The event stream',
    panels: [
      {
        title: 'Age of the oldest event not handled',
        description: 'Of each consumer. Of rooms it is how late unread counts and room lists are.',
        unit: 's',
        queries: [{ expr: 'max by (consumer) (chat_consumer_lag_seconds)', legend: '{{consumer}}' }],
      },
      {
        title: 'Events not handled',
        description: 'Of each consumer.',
        unit: 'short',
        queries: [{ expr: 'max by (consumer) (chat_consumer_pending_events)', legend: '{{consumer}}' }],
      },
      {
        title: 'Events handled',
        description: 'Of each consumer, over all of its instances.',
        unit: 'reqps',
        queries: [{ expr: per('chat_consumer_batch_size_sum', 'consumer'), legend: '{{consumer}}' }],
      },
      {
        title: 'Failures and dead letters',
        description: 'What failed is tried again. A dead letter failed too often and waits for an operator.',
        unit: 'short',
        queries: [
          {
            expr: 'sum by (consumer) (increase(chat_consumer_failures_total[5m]))',
            legend: '{{consumer}} failed',
          },
          {
            expr: 'sum by (consumer) (increase(chat_dead_letter_events_total[5m]))',
            legend: '{{consumer}} dead letters',
          },
          { expr: 'max by (kind) (chat_dead_letters)', legend: 'dead letters: {{kind}}' },
        ],
      },
      {
        title: 'Stored and not published',
        description: 'Not 0 for long: the stream does not take events.',
        unit: 'short',
        queries: [{ expr: 'sum(chat_unpublished_events)', legend: 'events' }],
      },
      {
        title: 'Gaps that gateways repaired',
        description: 'Some after a reconnect of NATS are normal.',
        unit: 'reqps',
        queries: [{ expr: 'sum(rate(chat_delivery_repairs_total[5m]))', legend: 'repairs' }],
      },
      {
        title: 'Webhooks, by outcome',
        description: 'What the receivers made of them.',
        unit: 'reqps',
        queries: [{ expr: per('chat_webhooks_total', 'outcome'), legend: '{{outcome}}' }],
      },
      {
        title: 'Pushes, by outcome',
        description: 'What the push services answered.',
        unit: 'reqps',
        queries: [
          { expr: per('chat_pushes_total', 'platform', 'outcome'), legend: '{{platform}} {{outcome}}' },
        ],
      },
    ],
  },
  {
    title: 'Processes',
    panels: [
      {
        title: 'Event-loop delay, p99',
        description: 'How long work waits for its turn. Above 50 ms the process has too much to do.',
        unit: 's',
        queries: [{ expr: 'max by (instance) (nodejs_eventloop_lag_p99_seconds)', legend: '{{instance}}' }],
      },
      {
        title: 'CPU',
        description: 'Of one core: a process cannot use more than about 1.',
        unit: 'percentunit',
        queries: [
          { expr: 'sum by (instance) (rate(process_cpu_seconds_total[5m]))', legend: '{{instance}}' },
        ],
      },
      {
        title: 'Memory',
        description: 'Resident.',
        unit: 'bytes',
        queries: [{ expr: 'sum by (instance) (process_resident_memory_bytes)', legend: '{{instance}}' }],
      },
      {
        title: 'Dependencies that answer',
        description: '1, or the process is not ready for want of it.',
        unit: 'short',
        queries: [
          { expr: 'min by (dependency, instance) (chat_ready)', legend: '{{dependency}} {{instance}}' },
        ],
      },
      {
        title: 'Connected to NATS',
        description: '1, or the process is cut off.',
        unit: 'short',
        queries: [
          { expr: 'min by (service, instance) (chat_nats_connected)', legend: '{{service}} {{instance}}' },
        ],
      },
    ],
  },
]
