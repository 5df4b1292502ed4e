import { Fault } from '@chat/contract'
import { defaultLimits } from '@chat/service'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { Bucket, connectionRate, fileRates, UserBuckets, userRates } from './rate-limits.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** How many are let through before the first refusal, and that refusal. */
function drain(bucket: Bucket): { taken: number; fault: Fault } {
  for (let taken = 0; ; taken++) {
    try {
      bucket.take()
    } catch (fault) {
      return { taken, fault: fault as Fault }
    }
  }
}

test('a burst at once, then RATE_LIMITED with the time to the next', () => {
  const { taken, fault } = drain(new Bucket(5, 10))
  expect(taken).toBe(10)
  expect(fault).toBeInstanceOf(Fault)
  expect(fault).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 200 })
})

test('after retryAfterMs one more is let through, and only one', () => {
  const bucket = new Bucket(3, 2)
  const { fault } = drain(bucket)
  jest.advanceTimersByTime((fault.retryAfterMs as number) - 2)
  expect(drain(bucket).taken).toBe(0)
  jest.advanceTimersByTime(2)
  expect(drain(bucket).taken).toBe(1)
})

test('refusals cost nothing, and waiting saves up no more than the burst', () => {
  const bucket = new Bucket(10, 4)
  drain(bucket)
  for (let n = 0; n < 100; n++) drain(bucket)
  jest.advanceTimersByTime(100)
  expect(drain(bucket).taken).toBe(1)
  jest.advanceTimersByTime(3_600_000)
  expect(drain(bucket).taken).toBe(4)
})

test('in the long run it is the rate', () => {
  const bucket = new Bucket(5, 10)
  let taken = 0
  for (let ms = 0; ms < 10_000; ms += 50) {
    taken += drain(bucket).taken
    jest.advanceTimersByTime(50)
  }
  expect(taken).toBeGreaterThanOrEqual(10 + 49)
  expect(taken).toBeLessThanOrEqual(10 + 50)
})

test('a burst below one still lets one through at a time', () => {
  const bucket = new Bucket(0.5, 0.1)
  const { taken, fault } = drain(bucket)
  expect(taken).toBe(1)
  jest.advanceTimersByTime(fault.retryAfterMs as number)
  expect(drain(bucket).taken).toBe(1)
})

test('messages, reads and the rest are counted apart, by the limits of the contract', () => {
  const { message, read } = userRates(defaultLimits)
  expect(drain(message).taken).toBe(10)
  expect(drain(read).taken).toBe(30)
  expect(drain(connectionRate(defaultLimits)).taken).toBe(60)
})

test('each user has a bucket of their own, and of many those who were quiet longest are forgotten', () => {
  const buckets = new UserBuckets(() => new Bucket(1, 1))
  buckets.take('ann')
  expect(() => buckets.take('ann')).toThrow(Fault)
  for (let n = 0; n < 20_000; n++) buckets.take(`user-${n}`)
  buckets.take('ann')
  expect(() => buckets.take('user-19999')).toThrow(Fault)
})

test('files are counted by what a page of pictures needs', () => {
  const rates = fileRates(defaultLimits)
  for (let n = 0; n < defaultLimits.eventBurst; n++) rates.take('ann')
  expect(() => rates.take('ann')).toThrow(Fault)
})
