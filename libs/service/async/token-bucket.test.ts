import { Fault } from '@chat/contract'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { TokenBucket, TokenBuckets } from './token-bucket.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** How many are let through before the first refusal, and that refusal. */
function drain(bucket: TokenBucket): { taken: number; fault: Fault } {
  for (let taken = 0; ; taken++) {
    try {
      bucket.take()
    } catch (fault) {
      return { taken, fault: fault as Fault }
    }
  }
}

test('a burst at once, then RATE_LIMITED with the time to the next token', () => {
  const { taken, fault } = drain(new TokenBucket({ perSecond: 5, burst: 10 }))
  expect(taken).toBe(10)
  expect(fault).toBeInstanceOf(Fault)
  expect(fault).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 200 })
})

test('after retryAfterMs one more is let through, and only one', () => {
  const bucket = new TokenBucket({ perSecond: 3, burst: 2 })
  const { fault } = drain(bucket)
  jest.advanceTimersByTime((fault.retryAfterMs as number) - 2)
  expect(drain(bucket).taken).toBe(0)
  jest.advanceTimersByTime(2)
  expect(drain(bucket).taken).toBe(1)
})

test('refusals cost nothing, and waiting saves up no more than the burst', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 4 })
  drain(bucket)
  for (let n = 0; n < 100; n++) drain(bucket)
  jest.advanceTimersByTime(100)
  expect(drain(bucket).taken).toBe(1)
  jest.advanceTimersByTime(3_600_000)
  expect(drain(bucket).taken).toBe(4)
})

test('in the long run it is the rate', () => {
  const bucket = new TokenBucket({ perSecond: 5, burst: 10 })
  let taken = 0
  for (let ms = 0; ms < 10_000; ms += 50) {
    taken += drain(bucket).taken
    jest.advanceTimersByTime(50)
  }
  expect(taken).toBeGreaterThanOrEqual(10 + 49)
  expect(taken).toBeLessThanOrEqual(10 + 50)
})

test('a burst below one still lets one through at a time', () => {
  const bucket = new TokenBucket({ perSecond: 0.5, burst: 0.1 })
  const { taken, fault } = drain(bucket)
  expect(taken).toBe(1)
  jest.advanceTimersByTime(fault.retryAfterMs as number)
  expect(drain(bucket).taken).toBe(1)
})

test('the state counts whole tokens down and tells when the bucket is full again', () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 })
  expect(bucket.state).toEqual({ remaining: 3, resetMs: 0 })
  bucket.take()
  expect(bucket.state).toEqual({ remaining: 2, resetMs: 500 })
  drain(bucket)
  expect(bucket.state).toEqual({ remaining: 0, resetMs: 1_500 })
  jest.advanceTimersByTime(750)
  expect(bucket.state).toEqual({ remaining: 1, resetMs: 750 })
})

test('each key has a bucket of its own, and of many keys those unused for longest are forgotten', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 })
  buckets.take('ann')
  expect(() => buckets.take('ann')).toThrow(Fault)
  for (let n = 0; n < 20_000; n++) buckets.take(`user-${n}`)
  buckets.take('ann')
  expect(() => buckets.take('user-19999')).toThrow(Fault)
})
