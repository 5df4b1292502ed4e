import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Socket } from 'socket.io'
import { endAtExpiry } from './expiry.ts'

const DAY_MS = 24 * 3_600_000
const LONGEST_DELAY_MS = 2 ** 31 - 1

/** The parts of a socket that expiry uses, and the calls to it in order. */
function listening() {
  const happened: unknown[] = []
  const events = new EventEmitter()
  const socket = {
    on: events.on.bind(events),
    emit: (...event: unknown[]) => happened.push(event),
    disconnect: (isTransportClosed: boolean) => happened.push({ isTransportClosed }),
  }
  return { socket: socket as unknown as Socket, happened, leave: () => events.emit('disconnect') }
}
const ended = [['tokenExpired', { userId: 'alice' }], { isTransportClosed: true }]

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

test('a socket is notified and disconnected when its token expires, not earlier', () => {
  const { socket, happened } = listening()
  endAtExpiry(socket, 'alice', Date.now() + 5_000)
  jest.advanceTimersByTime(4_999)
  expect(happened).toEqual([])
  jest.advanceTimersByTime(1)
  expect(happened).toEqual(ended)
})

test('an expired token disconnects the socket at once', () => {
  const { socket, happened } = listening()
  endAtExpiry(socket, 'alice', Date.now())
  expect(happened).toEqual(ended)
})

test('an expiry beyond the longest timer takes several timers', () => {
  const { socket, happened } = listening()
  const delays = jest.spyOn(globalThis, 'setTimeout')
  endAtExpiry(socket, 'alice', Date.now() + 60 * DAY_MS)
  // Longer timers would fire at once.
  expect(delays.mock.calls[0]?.[1]).toBe(LONGEST_DELAY_MS)
  jest.advanceTimersByTime(60 * DAY_MS - 1)
  expect(delays.mock.calls.length).toBe(3)
  expect(happened).toEqual([])
  jest.advanceTimersByTime(1)
  expect(happened).toEqual(ended)
})

test.each([Date.UTC(2099, 0), Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
  'an expiry at %d does not fire within a year',
  (expiresAt) => {
    const { socket, happened } = listening()
    endAtExpiry(socket, 'alice', expiresAt)
    jest.advanceTimersByTime(365 * DAY_MS)
    expect(happened).toEqual([])
  },
)

test('a socket that disconnects leaves no timer', () => {
  const { socket, happened, leave } = listening()
  endAtExpiry(socket, 'alice', Date.now() + 60 * DAY_MS)
  jest.advanceTimersByTime(30 * DAY_MS)
  leave()
  expect(jest.getTimerCount()).toBe(0)
  expect(happened).toEqual([])
})
