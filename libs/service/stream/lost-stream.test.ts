import { eventually, type NatsServer, openNatsServer } from '@chat/testing'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { jetstream } from '@nats-io/jetstream'
import { ensureStream, managerOf, removeStream } from './stream.ts'
import type { StreamEvent } from './stream-event.ts'
import { openTestStream, seqOfEvent, type TestStream, testMessage } from './testing/test-stream.ts'

// A consumer goes on by itself, whatever becomes of NATS and of the stream. Each test has a server of its own.

/** A consumer is there again within two seconds; a busy machine takes longer. */
const SOON_MS = 10_000

let server: NatsServer
let on: TestStream
let handled: number[]

beforeEach(async () => {
  handled = []
  server = await openNatsServer()
  on = await openTestStream(server.url)
})
afterEach(async () => {
  await on?.close()
  await server?.close()
})

const handle = async (events: StreamEvent[]) => void handled.push(...events.map(seqOfEvent))
const unique = () => [...new Set(handled)].sort((a, b) => a - b)
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => first + n)
const stateOf = async () => (await (await managerOf(on.bus)).streams.info(on.bus.subjects.stream)).state

/** Kills the server and starts it again, without the last `bytes`; publishes events as soon as it takes them. */
async function restart(bytes: number, first: number, last: number) {
  const isBack = Promise.withResolvers<void>()
  on.bus.onReconnect(isBack.resolve)
  await server.kill()
  if (bytes > 0) await server.cutEnd(on.bus.subjects.stream, bytes)
  await server.start()
  await isBack.promise
  const stream = jetstream(on.bus.connection, { timeout: 1_000 })
  for (let seq = first; seq <= last; seq++) {
    const body = JSON.stringify(testMessage(seq))
    await eventually(() => stream.publish(on.bus.subjects.roomEvent('room', 'message'), body))
  }
}

describe.each(['oldest', 'now'] as const)('a consumer that started with the %s event', (starts) => {
  beforeEach(async () => {
    await on.consume({ starts, handle })
    await on.postUpTo(10)
    await eventually(() => expect(unique()).toEqual(from(1, 10)))
  })

  test('reads a stream that was deleted and made anew', async () => {
    await removeStream(on.bus)
    await ensureStream(on.bus)
    await on.postUpTo(13, 11)
    await eventually(() => expect(unique()).toEqual(from(1, 13)), SOON_MS)
  })

  test('makes a deleted stream anew', async () => {
    await removeStream(on.bus)
    await eventually(stateOf)
    await on.postUpTo(13, 11)
    await eventually(() => expect(unique()).toEqual(from(1, 13)), SOON_MS)
  })

  test('goes on after a purge', async () => {
    await (await managerOf(on.bus)).streams.purge(on.bus.subjects.stream)
    await on.postUpTo(13, 11)
    await eventually(() => expect(handled).toEqual(from(1, 13)), SOON_MS)
  })

  test('makes its deleted consumer anew', async () => {
    const { stream } = on.bus.subjects
    await (await managerOf(on.bus)).consumers.delete(stream, 'reader-reader')
    await on.postUpTo(13, 11)
    await eventually(() => expect(handled).toEqual(from(1, 13)), SOON_MS)
  })

  test('goes on after NATS was killed', async () => {
    await restart(0, 11, 13)
    await eventually(() => expect(unique()).toEqual(from(1, 13)), SOON_MS)
  })

  test('reads events that have the numbers of a lost end', async () => {
    const { last_seq: before } = await stateOf()
    await restart(500, 11, 12)
    // Some of the first ten are left, and the new events have numbers of lost ones.
    const { last_seq: after } = await stateOf()
    expect(after).toBeGreaterThan(2)
    expect(after).toBeLessThanOrEqual(before)
    await eventually(() => expect(unique()).toEqual(from(1, 12)), SOON_MS)
  })
})

test('a consumer that was down meanwhile finds the lost end, too', async () => {
  const first = await on.consume({ handle })
  await on.postUpTo(10)
  await eventually(() => expect(unique()).toEqual(from(1, 10)))
  await first.close()
  await restart(500, 11, 12)
  await on.consume({ handle })
  await eventually(() => expect(unique()).toEqual(from(1, 12)))
})
