import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { managerOf } from './stream.ts'
import { readEvents } from './stream-reader.ts'
import { openTestStream, seqOfEvent, type TestStream } from './testing/test-stream.ts'

let on: TestStream
beforeEach(async () => {
  on = await openTestStream()
})
afterEach(() => on?.close())

test('reading ends where a purge takes what was left', async () => {
  await on.postUpTo(501)
  const read: number[] = []
  for await (const event of readEvents(on.bus, ['message'], 1)) {
    read.push(seqOfEvent(event))
    // The last of the first batch.
    if (read.length === 500) await (await managerOf(on.bus)).streams.purge(on.bus.subjects.stream)
  }
  expect(read.length).toBe(500)
})
