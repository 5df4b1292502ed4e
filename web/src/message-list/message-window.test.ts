import type { Message } from '@chat/contract'
import { expect, test } from '@jest/globals'
import {
  emptyWindow,
  joinPage,
  type MessageWindow,
  readMessages,
  reviseMessage,
  takeMessage,
} from './message-window.ts'

const at = (seq: number, changes: Partial<Message> = {}): Message => ({
  _id: `r-${seq}`,
  syncKey: `k${seq}`,
  roomId: 'r',
  seq,
  author: { authorId: 'alice', nickName: 'Alice', profileUrl: null },
  data: { type: 'TEXT', content: { text: `text ${seq}` } },
  replyTo: null,
  mentions: [],
  meta: null,
  status: { deleted: false, hidden: false },
  unReadUserCount: 2,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...changes,
})
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => at(from + index))
const held = (from: number, to: number, ends: Partial<MessageWindow> = {}): MessageWindow => ({
  messages: range(from, to),
  hasBefore: true,
  hasAfter: true,
  ...ends,
})
const page = (from: number, to: number, hasMoreBefore = true, hasMoreAfter = true) => ({
  list: range(from, to),
  hasMoreBefore,
  hasMoreAfter,
})
const seqs = ({ messages }: MessageWindow) => messages.map(({ seq }) => seq)

test('a page before or after the window joins it, and says whether there is more on that side', () => {
  const before = joinPage(held(11, 20, { hasAfter: false }), page(1, 10, false, true))
  expect(seqs(before)).toEqual(range(1, 20).map(({ seq }) => seq))
  expect(before).toMatchObject({ hasBefore: false, hasAfter: false })
  expect(joinPage(held(1, 10, { hasBefore: false }), page(11, 15, true, false))).toMatchObject({
    hasBefore: false,
    hasAfter: false,
  })
})

test('a page that does not touch the window replaces it, so there is never a gap', () => {
  expect(seqs(joinPage(held(1, 10), page(50, 52)))).toEqual([50, 51, 52])
})

test('an empty page means that there is nothing more on the side it was requested for', () => {
  expect(joinPage(held(1, 3), { list: [], hasMoreBefore: true, hasMoreAfter: false })).toMatchObject({
    hasAfter: false,
  })
})

test('the next message is appended; a later one only shows that there is more', () => {
  const end = held(1, 3, { hasAfter: false })
  expect(seqs(takeMessage(end, at(4)))).toEqual([1, 2, 3, 4])
  expect(takeMessage(end, at(6))).toMatchObject({ hasAfter: true, messages: end.messages })
  expect(seqs(takeMessage(held(1, 3), at(4)))).toEqual([1, 2, 3])
  expect(seqs(takeMessage(emptyWindow, at(1)))).toEqual([1])
})

test('the later of two states of a message wins, and its quotes follow', () => {
  const quoting = at(2, { replyTo: { messageId: 'r-1', author: at(1).author, text: 'text 1' } })
  const window = { ...emptyWindow, messages: [at(1, { updatedAt: '2026-01-02T00:00:00.000Z' }), quoting] }
  expect(reviseMessage(window, at(1)).messages[0]).toBe(window.messages[0])
  const later = at(1, { updatedAt: '2026-01-03T00:00:00.000Z', status: { deleted: true, hidden: false } })
  const [first, second] = reviseMessage(window, later).messages
  expect(first).toBe(later)
  expect(second?.replyTo?.text).toBe('')
})

test("reading lowers the unread counts of the messages that were read, except the reader's own", () => {
  const window = {
    ...emptyWindow,
    messages: [at(1), at(2), at(3, { author: { ...at(3).author, authorId: 'bob' } }), at(4)],
  }
  const counts = readMessages(window, { userId: 'bob', fromSeq: 1, seq: 3 }).messages.map(
    (one) => one.unReadUserCount,
  )
  expect(counts).toEqual([2, 1, 2, 2])
  expect(readMessages(window, { userId: 'bob', fromSeq: 4, seq: 9 })).toBe(window)
})
