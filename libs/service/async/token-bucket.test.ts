import { Fault } from '@chat/contract'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { TokenBucket, TokenBuckets } from './token-bucket.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** The number of tokens taken before the first refusal, and that refusal. */
function drain(bucket: TokenBucket): { taken: number; fault: Fault } {
  for (let taken = 0; ; taken++) {
    try {
      bucket.take()
    } catch (fault) {
      return { taken, fault: fault as Fault }
    }
  }
}

test('a burst passes at once, then RATE_LIMITED gives the time to the next token', () => {
  const { taken, fault } = drain(new TokenBucket({ perSecond: 5, burst: 10 }))
  expect(taken).toBe(10)
  expect(fault).toBeInstanceOf(Fault)
  expect(fault).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 200 })
})

test('after retryAfterMs exactly one more passes', () => {
  const bucket = new TokenBucket({ perSecond: 3, burst: 2 })
  const { fault } = drain(bucket)
  jest.advanceTimersByTime((fault.retryAfterMs as number) - 2)
  expect(drain(bucket).taken).toBe(0)
  jest.advanceTimersByTime(2)
  expect(drain(bucket).taken).toBe(1)
})

test('refusals take no token, and waiting adds at most the burst', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 4 })
  drain(bucket)
  for (let n = 0; n < 100; n++) drain(bucket)
  jest.advanceTimersByTime(100)
  expect(drain(bucket).taken).toBe(1)
  jest.advanceTimersByTime(3_600_000)
  expect(drain(bucket).taken).toBe(4)
})

test('over a long time the rate holds', () => {
  const bucket = new TokenBucket({ perSecond: 5, burst: 10 })
  let taken = 0
  for (let ms = 0; ms < 10_000; ms += 50) {
    taken += drain(bucket).taken
    jest.advanceTimersByTime(50)
  }
  expect(taken).toBeGreaterThanOrEqual(10 + 49)
  expect(taken).toBeLessThanOrEqual(10 + 50)
})

test('a burst below one lets one request pass at a time', () => {
  const bucket = new TokenBucket({ perSecond: 0.5, burst: 0.1 })
  const { taken, fault } = drain(bucket)
  expect(taken).toBe(1)
  jest.advanceTimersByTime(fault.retryAfterMs as number)
  expect(drain(bucket).taken).toBe(1)
})

test('the state has the remaining whole tokens and the time until the bucket is full', () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 })
  expect(bucket.state).toEqual({ remaining: 3, resetMs: 0 })
  bucket.take()
  expect(bucket.state).toEqual({ remaining: 2, resetMs: 500 })
  drain(bucket)
  expect(bucket.state).toEqual({ remaining: 0, resetMs: 1_500 })
  jest.advanceTimersByTime(750)
  expect(bucket.state).toEqual({ remaining: 1, resetMs: 750 })
})

test('each key has its own bucket, and the least recently used keys are evicted', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 })
  buckets.take('ann')
  expect(() => buckets.take('ann')).toThrow(Fault)
  for (let n = 0; n < 20_000; n++) buckets.take(`user-${n}`)
  buckets.take('ann')
  expect(() => buckets.take('user-19999')).toThrow(Fault)
})
