import { Fault } from '@chat/contract'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { AnswerCache } from './answer-cache.ts'

const MAX_AGE_MS = 30_000

let cache: AnswerCache<number>
let asked: number
/** What the other service answers; by default, how often it was asked. */
let answer: () => Promise<number>

beforeEach(() => {
  jest.useFakeTimers()
  asked = 0
  answer = async () => asked
  cache = new AnswerCache(100, MAX_AGE_MS, Date)
})
afterEach(() => {
  jest.useRealTimers()
})

const get = () =>
  cache.of('key', () => {
    asked += 1
    return answer()
  })
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)

test('an answer in steady use is renewed in the background', async () => {
  expect(await get()).toBe(1)
  await pass(19_000)
  expect(await get()).toBe(1)
  expect(asked).toBe(1)
  await pass(2_000)
  // It serves while it is renewed.
  expect(await get()).toBe(1)
  expect(await get()).toBe(2)
  expect(asked).toBe(2)
})

test('an answer that nobody uses is not renewed, and ends', async () => {
  await get()
  await pass(MAX_AGE_MS + 1_000)
  expect(asked).toBe(1)
  expect(await get()).toBe(2)
})

test('a renewed answer is as old as its request', async () => {
  await get()
  await pass(25_000)
  const slow = Promise.withResolvers<number>()
  answer = () => slow.promise
  await get()
  await pass(4_000)
  slow.resolve(2)
  await pass(0)
  answer = async () => 3
  await pass(25_500)
  expect(await get()).toBe(2)
  await pass(600)
  expect(await get()).toBe(3)
})

test('a renewal that fails leaves the answer until its end; a refusal ends it', async () => {
  await get()
  await pass(25_000)
  answer = () => Promise.reject(new Fault('SERVICE_UNAVAILABLE'))
  expect(await get()).toBe(1)
  expect(await get()).toBe(1)
  answer = () => Promise.reject(new Fault('ROOM_NO_EXISTS'))
  expect(await get()).toBe(1)
  await pass(0)
  await expect(get()).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
})

test('a renewal that was requested before a delete is not kept', async () => {
  await get()
  await pass(25_000)
  const slow = Promise.withResolvers<number>()
  answer = () => slow.promise
  await get()
  cache.delete('key')
  slow.resolve(2)
  answer = async () => 3
  await pass(0)
  expect(await get()).toBe(3)
})
