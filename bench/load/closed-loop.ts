import { setTimeout as delay } from 'node:timers/promises'
import type { Crowd } from './crowd.ts'

export type ClosedLoop = { senders: number; warmUpMs: number; measureMs: number }
export type Throughput = { perSecond: number; acks: number }

/** Each sender sends again as soon as its message is acked. */
export async function runClosedLoop(
  crowd: Crowd,
  { senders, warmUpMs, measureMs }: ClosedLoop,
): Promise<Throughput> {
  let acks = 0
  let isOver = false
  const send = (index: number): void =>
    crowd.send(index, () => {
      acks += 1
      if (!isOver) send(index)
    })
  for (let index = 0; index < senders; index++) send(index)

  await delay(warmUpMs)
  const [acksBefore, started] = [acks, performance.now()]
  await delay(measureMs)
  const counted = acks - acksBefore
  const seconds = (performance.now() - started) / 1000
  isOver = true
  return { perSecond: counted / seconds, acks: counted }
}
