import { Fault } from '@chat/contract'
import { defaultLimits, type TokenBucket } from '@chat/service'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { connectionRate, fileRates, userRates } from './rate-limits.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** The number of tokens taken before the first refusal. */
function drain(bucket: TokenBucket): number {
  for (let taken = 0; ; taken++) {
    try {
      bucket.take()
    } catch {
      return taken
    }
  }
}

test('messages, reads and other events have separate buckets with the limits of the contract', () => {
  const { message, read } = userRates(defaultLimits)
  expect(drain(message)).toBe(10)
  expect(drain(read)).toBe(30)
  expect(drain(connectionRate(defaultLimits))).toBe(60)
})

test('file downloads have a bucket per user with the burst of events', () => {
  const rates = fileRates(defaultLimits)
  for (let n = 0; n < defaultLimits.eventBurst; n++) rates.take('ann')
  expect(() => rates.take('ann')).toThrow(Fault)
})
