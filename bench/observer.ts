import { setTimeout as delay } from 'node:timers/promises'
import pidusage from 'pidusage'

/** Mean times in ms, by step; a step's histogram is `metric`, and its series are those with the label `of`. */
const steps = {
  gateway: { metric: 'chat_event_seconds', of: '"sendMessage"' },
  messages: { metric: 'chat_request_seconds', of: '"sendMessage"' },
  /** Until the insert before has ended. */
  waiting: { metric: 'chat_commit_wait_seconds', of: '' },
  storing: { metric: 'chat_store_seconds', of: '' },
  /** From storing until the stream has it. */
  publishing: { metric: 'chat_publish_seconds', of: '' },
} as const
export type Step = keyof typeof steps

/** What the server's metrics say. */
export type Inside = {
  meanMs: Record<Step, number | null>
  /** The most events that waited for the stream. */
  maxWaitingEvents: number
  /** The highest lag of any consumer of the event stream, and that of each at the end, in seconds. */
  maxLagSeconds: number
  endLagSeconds: Record<string, number>
  /** How long callbacks waited for the event loop. */
  loopDelayMs: { p99: number; max: number }
}
export type Observed = {
  /** Null for the floor. */
  inside: Inside | null
  /** CPU time of each process, in milliseconds. */
  cpu: Record<string, number>
}

const SAMPLE_EVERY_MS = 2_000
const LAG = 'chat_consumer_lag_seconds'
type Samples = { name: string; labels: string; value: number }[]

/** Measures a server and the processes around it while `work` runs. `pids`: process ids by name. */
export async function observe<T>(
  pids: Record<string, number>,
  metricsUrl: string | null,
  work: () => Promise<T>,
): Promise<[T, Observed]> {
  const over = new AbortController()
  const [cpuBefore, samples] = [await cpuTimes(pids), [await read(metricsUrl)]]
  const sampling = metricsUrl === null ? null : sample(metricsUrl, samples, over.signal)
  const result = await work().finally(() => over.abort())
  const cpuAfter = await cpuTimes(pids)
  await sampling
  const cpu = Object.fromEntries(
    Object.entries(cpuAfter).map(([name, ms]) => [name, ms - (cpuBefore[name] ?? 0)]),
  )
  return [result, { inside: sampling && insideOf(samples), cpu }]
}

/** @param all the metrics at the beginning, now and then, and at the end */
function insideOf(all: Samples[]): Inside {
  const [first = [], last = []] = [all[0], all.at(-1)]
  const meanMs = ({ metric, of }: (typeof steps)[Step]) => {
    const grown = (suffix: string) => sum(last, metric + suffix, of) - sum(first, metric + suffix, of)
    return grown('_count') === 0 ? null : (1000 * grown('_sum')) / grown('_count')
  }
  const during = all.slice(1).flat()
  const max = (metric: string) => Math.max(0, ...named(during, metric).map(({ value }) => value))
  const means = Object.entries(steps).map(([step, series]) => [step, meanMs(series)])
  return {
    meanMs: Object.fromEntries(means),
    maxWaitingEvents: max('chat_unpublished_events'),
    maxLagSeconds: max(LAG),
    endLagSeconds: Object.fromEntries(
      named(last, LAG).map(({ labels, value }) => [labels.slice(labels.indexOf('"') + 1, -1), value]),
    ),
    loopDelayMs: {
      p99: 1000 * max('nodejs_eventloop_lag_p99_seconds'),
      max: 1000 * max('nodejs_eventloop_lag_max_seconds'),
    },
  }
}

/** CPU time that each process has used so far, in milliseconds. */
async function cpuTimes(pids: Record<string, number>): Promise<Record<string, number>> {
  const usage = await pidusage(Object.values(pids))
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, usage[pid]?.ctime ?? Number.NaN]),
  )
}

/** Adds the metrics every two seconds, and at the end. */
async function sample(metricsUrl: string, samples: Samples[], signal: AbortSignal) {
  while (!signal.aborted) {
    await delay(SAMPLE_EVERY_MS, undefined, { signal }).catch(() => undefined)
    samples.push(await read(metricsUrl))
  }
}

/** The samples in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats). */
async function read(metricsUrl: string | null): Promise<Samples> {
  if (metricsUrl === null) return []
  const text = await (await fetch(metricsUrl)).text()
  return [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels,
    value: Number(value),
  }))
}

const named = (samples: Samples, metric: string) => samples.filter(({ name }) => name === metric)
const sum = (samples: Samples, metric: string, label: string) =>
  named(samples, metric).reduce(
    (total, { labels, value }) => (labels.includes(label) ? total + value : total),
    0,
  )
