import { setTimeout as delay } from 'node:timers/promises'
import { eventually, forkProgram, killAtOnce } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { jetstream } from '@nats-io/jetstream'
import { encode } from '../bus/request-encoding.ts'
import { managerOf } from './stream.ts'
import type { StreamEvent } from './stream-event.ts'
import { openTestStream, seqOfEvent, type TestStream, testMessage } from './testing/test-stream.ts'

const BACKLOG = 20_000
const PROGRAM = new URL('./testing/consumer-process.ts', import.meta.url)

let on: TestStream
beforeEach(async () => {
  on = await openTestStream()
})
afterEach(() => on?.close())

/** Publishes a backlog, which the stream confirms. */
async function fill(last: number) {
  const stream = jetstream(on.bus.connection, { timeout: 30_000 })
  const subject = on.bus.subjects.roomEvent('room', 'message')
  for (let first = 1; first <= last; first += 1_000) {
    const seqs = Array.from({ length: Math.min(1_000, last - first + 1) }, (_, n) => first + n)
    await Promise.all(seqs.map((seq) => stream.publish(subject, encode(testMessage(seq)))))
  }
}

/** The highest number of events that were delivered and not handled. */
async function pendingAcks() {
  const info = await (await managerOf(on.bus)).consumers.info(on.bus.subjects.stream, 'reader-reader')
  return info.num_ack_pending
}

test.each([
  ['quick', 0],
  ['slow', 60],
])(
  'a %s handler gets each event of a backlog of 20,000 once, and holds few at a time',
  async (_, pauseMs) => {
    await fill(BACKLOG)
    const handled: number[] = []
    let isDone = false
    let most = 0
    const watching = (async () => {
      while (!isDone) {
        most = Math.max(most, await pendingAcks().catch(() => 0))
        await delay(20)
      }
    })()
    await on.consume({
      handle: async (events: StreamEvent[]) => {
        handled.push(...events.map(seqOfEvent))
        await delay(pauseMs)
      },
    })
    await eventually(() => expect(new Set(handled).size).toBe(BACKLOG), 100_000)
    isDone = true
    await watching
    expect(handled).toHaveLength(BACKLOG)
    expect(most).toBeLessThanOrEqual(2_000)
  },
)

test('when the reading instance is killed another one continues within seconds, and repeats little', async () => {
  const { root } = on
  const place = { root, natsUrl: process.env.CHAT_TEST_NATS_URL, mongoUrl: process.env.CHAT_TEST_MONGO_URL }
  const { child } = await forkProgram(PROGRAM, place)
  const dead: number[] = []
  child.on('message', (seqs) => Array.isArray(seqs) && dead.push(...seqs))
  await fill(2_000)
  await eventually(() => expect(dead.length).toBeGreaterThan(0))
  const handled: number[] = []
  await on.consume({ handle: async (events: StreamEvent[]) => void handled.push(...events.map(seqOfEvent)) })
  await killAtOnce(child)
  const killedAt = performance.now()
  await eventually(() => expect(handled.length).toBeGreaterThan(0), 15_000)
  process.stdout.write(
    `another instance reads ${Math.round(performance.now() - killedAt)} ms after the kill\n`,
  )
  await eventually(() => expect(new Set([...dead, ...handled]).size).toBe(2_000))
  expect(dead.length + handled.length).toBeLessThan(2_000 + 4 * 100)
})
