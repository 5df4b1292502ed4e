import { setTimeout as delay } from 'node:timers/promises'
import pidusage from 'pidusage'

export type Observed = {
  /** The highest lag of any consumer of the event stream, in seconds; null for the floor. */
  maxLagSeconds: number | null
  /** Mean time of a `sendMessage` in the gateway, and the part of it in messages, in ms; null for the floor. */
  gatewayMs: number | null
  messagesMs: number | null
  /** CPU time of each process, in milliseconds. */
  cpu: Record<string, number>
}

const LAG_EVERY_MS = 2_000
const SEND = { gatewayMs: 'chat_event_seconds', messagesMs: 'chat_request_seconds' } as const
type Samples = { name: string; labels: string; value: number }[]

/** Measures a server and the processes around it while `work` runs. `pids`: process ids by name. */
export async function observe<T>(
  pids: Record<string, number>,
  metricsUrl: string | null,
  work: () => Promise<T>,
): Promise<[T, Observed]> {
  const over = new AbortController()
  const lag = metricsUrl === null ? null : watchLag(metricsUrl, over.signal)
  const [cpuBefore, before] = [await cpuTimes(pids), await read(metricsUrl)]
  const result = await work().finally(() => over.abort())
  const [cpuAfter, after] = [await cpuTimes(pids), await read(metricsUrl)]
  const cpu = Object.fromEntries(
    Object.entries(cpuAfter).map(([name, ms]) => [name, ms - (cpuBefore[name] ?? 0)]),
  )
  const meanMs = (metric: string) => {
    const of = (samples: Samples, suffix: string) =>
      sum(samples.filter(({ name, labels }) => name === metric + suffix && labels.includes('"sendMessage"')))
    const count = of(after, '_count') - of(before, '_count')
    return count === 0 ? null : (1000 * (of(after, '_sum') - of(before, '_sum'))) / count
  }
  return [
    result,
    {
      maxLagSeconds: await lag,
      gatewayMs: meanMs(SEND.gatewayMs),
      messagesMs: meanMs(SEND.messagesMs),
      cpu,
    },
  ]
}

/** CPU time that each process has used so far, in milliseconds. */
async function cpuTimes(pids: Record<string, number>): Promise<Record<string, number>> {
  const usage = await pidusage(Object.values(pids))
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, usage[pid]?.ctime ?? Number.NaN]),
  )
}

async function watchLag(metricsUrl: string, signal: AbortSignal): Promise<number> {
  let max = 0
  while (!signal.aborted) {
    await delay(LAG_EVERY_MS, undefined, { signal }).catch(() => undefined)
    const lags = (await read(metricsUrl)).filter(({ name }) => name === 'chat_consumer_lag_seconds')
    max = Math.max(max, ...lags.map(({ value }) => value))
  }
  return max
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

const sum = (samples: Samples) => samples.reduce((total, { value }) => total + value, 0)
