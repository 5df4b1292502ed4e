import { setTimeout as delay } from 'node:timers/promises'
import type { Crowd } from './crowd.ts'

export type OpenLoop = { senders: number; perSecond: number; warmUpMs: number; measureMs: number }
/** In milliseconds. */
export type Latency = { p50: number; p99: number; max: number; acks: number }

/**
 * Sends at a fixed rate, without waiting for answers. Latency is counted from when a message was due, so that a stall
 * counts for every message that it delays.
 */
export async function runOpenLoop(
  crowd: Crowd,
  { senders, perSecond, warmUpMs, measureMs }: OpenLoop,
): Promise<Latency> {
  const gap = 1000 / perSecond
  const started = performance.now()
  const count = Math.round((warmUpMs + measureMs) / gap)
  const latencies: number[] = []
  const answered = Promise.withResolvers<void>()
  let left = count
  for (let index = 0; index < count; index++) {
    const due = started + index * gap
    while (performance.now() < due) await delay(Math.max(1, Math.floor(due - performance.now())))
    crowd.send(index % senders, () => {
      if (due >= started + warmUpMs) latencies.push(performance.now() - due)
      if (--left === 0) answered.resolve()
    })
  }
  // A send that is never answered is a problem of its own, found when the crowd finishes.
  await Promise.race([answered.promise, delay(5_000)])
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), max: latencies.at(-1) ?? Number.NaN, acks: latencies.length }
}
