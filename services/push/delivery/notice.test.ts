import type { Message } from '@chat/contract'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { collapseKeyOf, payloadOf } from '../senders/payload.ts'
import { noticeOf } from './notice.ts'

type Data = Message['data']
const message = (data: Data, more: Partial<Message> = {}) =>
  ({
    _id: 'r-0000000001',
    roomId: 'r',
    seq: 1,
    author: { authorId: 'ann', nickName: 'Ann', profileUrl: null },
    data,
    mentions: [],
    status: { deleted: false, hidden: false },
    ...more,
  }) as unknown as Message
const bodyOf = (data: Data) => noticeOf(message(data))?.body
const file = (name: string) => ({ files: [{ name, path: 'p', size: 1 }] })

test.each<[Data, string]>([
  [{ type: 'TEXT', content: { text: 'Hello\n\n  Bob ' } }, 'Ann: Hello Bob'],
  [{ type: 'PHOTO', content: file('a.png') }, 'Ann: 📷 Photo'],
  [{ type: 'VIDEO', content: file('a.mp4') }, 'Ann: 🎬 Video'],
  [{ type: 'FILE', content: file('report.pdf') }, 'Ann: 📎 report.pdf'],
  [{ type: 'CARD', content: { rawData: { cardType: 'invite', text: 'Join us' } } }, 'Ann: Join us'],
  [{ type: 'CARD', content: { rawData: { cardType: 'invite' } } }, 'Ann: Card'],
  [{ type: 'ADMIN', content: { text: 'Bob has come' } }, 'Bob has come'],
])('the body of %j is %j', (data, body) => {
  expect(bodyOf(data)).toBe(body)
})

test.each([
  { deleted: true, hidden: false },
  { deleted: false, hidden: true },
])('a message with status %j has no notice', (status) => {
  expect(noticeOf(message({ type: 'TEXT', content: { text: 'secret' } }, { status }))).toBeNull()
})

const long = fc
  .array(fc.constantFrom('a', '한', '🙂', 'é', ' '), { maxLength: 4_000 })
  .map((parts) => parts.join(''))

test("for any text the body is well-formed, and the push stays below FCM's 4 KB", () => {
  fc.assert(
    fc.property(long, fc.string({ unit: 'grapheme', maxLength: 50 }), (text, name) => {
      const author = { authorId: 'ann', nickName: name, profileUrl: null }
      const notice = noticeOf(message({ type: 'TEXT', content: { text } }, { author }))
      expect(notice?.body.isWellFormed()).toBe(true)
      for (const platform of ['ANDROID', 'IOS', 'WEB'] as const) {
        const content = {
          ...{ kind: 'message' as const, title: '방'.repeat(100), body: notice?.body ?? '', badge: 99_999 },
          ...{ roomId: '가'.repeat(128), messageId: '가'.repeat(139) },
        }
        const { token: _, ...payload } = payloadOf({ token: 't', platform, content })
        expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThan(4_096)
      }
    }),
  )
})

test('each room has its own collapse key, short enough for every platform', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 128 }),
      fc.string({ minLength: 1, maxLength: 128 }),
      (a, b) => {
        expect(collapseKeyOf(a)).toMatch(/^[\w-]{1,32}$/)
        expect(collapseKeyOf(a) === collapseKeyOf(b)).toBe(a === b)
      },
    ),
  )
  expect(collapseKeyOf('room-1')).toBe('room-1')
})
