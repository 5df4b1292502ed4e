import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  type PlainClient,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { announce, noise, picture, send } from '../testing.ts'

// Who may download a file, and what others can learn about it.

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let cid: PlainClient
let room: Room
/** A valid path without an object. */
const NOWHERE = `00/${'0'.repeat(32)}`

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, files: 2 }, config: { fileTypes: ['*'] } })
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
  cid = await connectAs(stack, 'cid', 1)
})
afterAll(async () => {
  for (const client of [ann, ben, cid]) client?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
})

type Link = { url: string; expiresAt: string }
const linked = (who: PlainClient, path: string, more: object = {}) =>
  who.get<Link>('getFileUrl', { roomId: room._id, path, ...more })
const refused = async (who: PlainClient, path: string, more: object = {}) => {
  const { requestId: _, ...envelope } = await who.ask('getFileUrl', { roomId: room._id, path, ...more })
  return envelope
}
const sent = (data: Uint8Array, more: Parameters<typeof announce>[1] = {}) =>
  send(ann, announce(room._id, more), data)
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())

type Asking = { as?: string; gateway?: number; query?: string; redirect?: RequestRedirect; method?: string }
async function get(path: string, { as, gateway = 0, query = '', ...more }: Asking = {}) {
  const origin = (stack.gatewayUrls[gateway] as string).replace('ws:', 'http:')
  const headers = new Headers()
  if (as !== undefined) headers.set('authorization', `Bearer ${await stack.token(as)}`)
  return fetch(`${origin}/files/${path}${query}`, { headers, ...more })
}
/** Everything in a response except its request id and date. */
async function told(response: Response) {
  const { 'x-request-id': _, date: __, ...headers } = Object.fromEntries(response.headers)
  return {
    status: response.status,
    headers,
    body: (await response.text()).replace(/"requestId":"[^"]+"/, ''),
  }
}

test('a member downloads a file by its link, or by its URL with a token in the header or the query', async () => {
  const data = noise(300_000)
  const { file } = await sent(data, { name: '보고서.bin' })
  const { url, expiresAt } = await linked(ben, file.path)
  const until = Date.parse(expiresAt) - Date.now()
  expect(until).toBeGreaterThan(50_000)
  expect(until).toBeLessThanOrEqual(60_000)
  const query = `?token=${await stack.token('ben')}`
  for (const response of [
    await fetch(url),
    await get(file.path, { as: 'ben' }),
    await get(file.path, { query, gateway: 1 }),
  ]) {
    expect(response.status).toBe(200)
    expect(data.equals(await bytesOf(response))).toBe(true)
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="___.bin"; filename*=UTF-8''${encodeURIComponent('보고서.bin')}`,
    )
  }
})

test("a file's URL answers with an empty, uncached redirect and a strict content security policy", async () => {
  const { file } = await sent(noise(10))
  const response = await get(file.path, { as: 'ben', redirect: 'manual' })
  expect(response.status).toBe(302)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    location: expect.stringContaining(file.path),
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'cache-control': 'no-store',
  })
  expect(await response.text()).toBe('')
})

test('range requests return any part of a file', async () => {
  const data = noise(1_000_000)
  const { file } = await sent(data)
  const { url } = await linked(ben, file.path)
  const response = await fetch(url, { headers: { range: 'bytes=500000-500999' } })
  expect(response.status).toBe(206)
  expect(response.headers.get('content-range')).toBe('bytes 500000-500999/1000000')
  expect((await bytesOf(response)).equals(data.subarray(500_000, 501_000))).toBe(true)
  const seeking = { authorization: `Bearer ${await stack.token('ben')}`, range: 'bytes=-10' }
  const origin = (stack.gatewayUrl as string).replace('ws:', 'http:')
  const last = await fetch(`${origin}/files/${file.path}`, { headers: seeking })
  expect([last.status, (await bytesOf(last)).equals(data.subarray(-10))]).toEqual([206, true])
})

test('photos and thumbnails are served inline, and as attachments on request', async () => {
  const data = await picture(800, 600).jpeg().toBuffer()
  const { file } = await sent(data, { type: 'PHOTO', name: 'sea.jpg' })
  const thumbnail = file.thumbnail as string
  const headersOf = async ({ url }: Link) => {
    const { headers } = await fetch(url)
    return [headers.get('content-type'), headers.get('content-disposition')?.replace(/; filename\*.*/, '')]
  }
  expect(await headersOf(await linked(ben, file.path))).toEqual(['image/jpeg', 'inline; filename="sea.jpg"'])
  const small = ['image/webp', 'inline; filename="sea.jpg.webp"']
  expect(await headersOf(await linked(ben, file.path, { thumbnail: true }))).toEqual(small)
  expect(await headersOf(await linked(ben, thumbnail))).toEqual(small)
  expect((await get(thumbnail, { as: 'ben' })).headers.get('content-type')).toBe('image/webp')
  const saved = ['image/jpeg', 'attachment; filename="sea.jpg"']
  expect(await headersOf(await linked(ben, file.path, { download: true }))).toEqual(saved)
  const { headers } = await get(file.path, { as: 'ben', query: '?download=1' })
  expect(headers.get('content-disposition')).toMatch(/^attachment/)
})

test('a file without a thumbnail has no link to one', async () => {
  const { file } = await sent(noise(10))
  const missing = await refused(ben, NOWHERE)
  expect(missing).toMatchObject({ success: false, error: 'FILE_NO_EXISTS' })
  expect(await refused(ben, file.path, { thumbnail: true })).toEqual(missing)
  expect(await refused(ben, `${file.path}.thumb`)).toEqual(missing)
})

test.each([
  ['page.html', '<!doctype html><html><script>alert(1)</script></html>'],
  ['drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  ['feed.xml', '<?xml version="1.0"?><root xmlns="http://www.w3.org/1999/xhtml"/>'],
])('%s is served as an attachment, never with its own type', async (name, text) => {
  const { file } = await sent(Buffer.from(text), { name })
  const response = await fetch((await linked(ben, file.path)).url)
  expect(response.headers.get('content-type')).toMatch(/^(application\/octet-stream|text\/plain)$/)
  expect(response.headers.get('content-disposition')).toMatch(/^attachment;/)
})

test('a link works for a name of the maximum length', async () => {
  const { file } = await sent(noise(10), { name: '가'.repeat(255) })
  const response = await fetch((await linked(ben, file.path)).url)
  expect([response.status, (await bytesOf(response)).length]).toEqual([200, 10])
})

test('a non-member gets the same answer for an existing file and a missing one', async () => {
  const { file } = await sent(await picture(99, 99).png().toBuffer(), { type: 'PHOTO', name: 'a.png' })
  const own = await makeRoom(cid, ['ann'])
  const paths = [file.path, file.thumbnail as string]
  for (const path of paths) {
    expect(await refused(cid, path)).toEqual(await refused(cid, NOWHERE))
    expect(await refused(cid, path)).toMatchObject({ error: 'ROOM_NO_EXISTS' })
    const elsewhere = { roomId: own._id }
    expect(await refused(cid, path, elsewhere)).toEqual(await refused(cid, NOWHERE, elsewhere))
    expect(await refused(ann, path, elsewhere)).toMatchObject({ error: 'FILE_NO_EXISTS' })
    const strangers = await told(await get(path, { as: 'cid' }))
    expect(strangers).toEqual(await told(await get(NOWHERE, { as: 'cid' })))
    expect(strangers).toMatchObject({ status: 404, body: expect.stringContaining('FILE_NO_EXISTS') })
  }
  // A user who was never in the directory is a non-member, too.
  expect(await told(await get(file.path, { as: 'nobody' }))).toEqual(
    await told(await get(NOWHERE, { as: 'nobody' })),
  )
})

test.each([
  ['kicked', (who: string) => ann.get('kickOutUsers', { roomId: room._id, targetUserIds: [who] })],
  ['banned', (who: string) => ann.get('kickOutUsers', { roomId: room._id, targetUserIds: [who], ban: true })],
  ['gone', () => ben.get('leaveOutRoom', room._id)],
])('a user who is %s gets no links from the ack on', async (_, end) => {
  const rules = { canLeaveOutRoom: true }
  await ann.get('updateRoomSetting', { roomId: room._id, updateData: { rules } })
  const { file } = await sent(noise(10))
  await linked(ben, file.path)
  await end('ben')
  expect(await refused(ben, file.path)).toEqual(await refused(ben, NOWHERE))
  expect(await told(await get(file.path, { as: 'ben' }))).toEqual(
    await told(await get(NOWHERE, { as: 'ben' })),
  )
  await linked(ann, file.path)
})

test('only masters get the file of a hidden message until it is shown again', async () => {
  const { file, message } = await sent(noise(10))
  const hide = (hidden: boolean) =>
    ann.get('hideMessage', { roomId: room._id, messageId: message._id, hidden })
  await hide(true)
  const nothing = await refused(ben, NOWHERE)
  await eventually(async () => expect(await refused(ben, file.path)).toEqual(nothing))
  expect((await get(file.path, { as: 'ben' })).status).toBe(404)
  await linked(ann, file.path)
  expect((await get(file.path, { as: 'ann' })).status).toBe(200)
  await hide(false)
  await linked(ben, file.path)
})

test('nobody gets the file of a deleted message', async () => {
  const { file, message } = await sent(noise(10))
  await ann.get('deleteMessage', { roomId: room._id, messageId: message._id })
  const nothing = await refused(ann, NOWHERE)
  await eventually(async () => expect(await refused(ann, file.path)).toEqual(nothing))
  expect((await get(file.path, { as: 'ann' })).status).toBe(404)
})

test("a shared file is available to the target room's members at once", async () => {
  const target = await makeRoom(ann, ['cid'])
  const { file, message } = await sent(noise(10))
  await cid.get('joinRoom', target._id)
  for (let n = 0; n < 5; n++) {
    const sharing = { roomId: room._id, messageId: message._id, targetRoomIds: [target._id], syncKey: `${n}` }
    const { messages } = await ann.get<{ messages: [Message] }>('shareMessage', sharing)
    expect((await refused(cid, file.path, { roomId: target._id })).success).toBe(true)
    await ann.get('deleteMessage', { roomId: target._id, messageId: messages[0]._id })
  }
})

test('an altered link opens nothing and reveals nothing', async () => {
  const { file } = await sent(noise(10))
  const { url } = await linked(ben, file.path)
  const changed = (change: (url: URL) => void) => {
    const other = new URL(url)
    change(other)
    return fetch(other)
  }
  const attempts = [
    changed((to) => to.searchParams.set('X-Amz-Expires', '600000')),
    changed((to) => to.searchParams.set('response-content-type', 'text/html')),
    changed((to) => to.searchParams.set('X-Amz-Signature', 'a'.repeat(64))),
    changed((to) => (to.search = '')),
    changed((to) => (to.pathname = to.pathname.replace(file.path, NOWHERE))),
    changed((to) => (to.pathname = to.pathname.replace(file.path, ''))),
  ]
  for (const attempt of attempts) expect((await attempt).status).toBe(403)
})

test('an expired link opens nothing', async () => {
  const brief = await startTestStack({ limits: { downloadLinkSeconds: 1 } })
  try {
    const eve = await connectAs(brief, 'eve')
    ;(await connectAs(brief, 'fay')).close()
    const { _id } = await makeRoom(eve, ['fay'])
    const { file } = await send(eve, announce(_id), noise(10))
    const { url, expiresAt } = await eve.get<Link>('getFileUrl', { roomId: _id, path: file.path })
    expect((await fetch(url)).status).toBe(200)
    for (;;) {
      const { status } = await fetch(url)
      if (status === 403) break
      expect(Date.now()).toBeLessThan(Date.parse(expiresAt) + 5_000)
    }
    eve.close()
  } finally {
    await brief.close()
  }
})

test('a missing, invalid or expired token is refused before the file is looked up', async () => {
  const { file } = await sent(noise(10))
  const expired = await stack.token('ben', { exp: Math.floor(Date.now() / 1000) - 10 })
  for (const [query, code] of [
    ['', 'TOKEN_INVALID'],
    ['?token=nonsense', 'TOKEN_INVALID'],
    [`?token=${expired}`, 'TOKEN_EXPIRED'],
  ] as const) {
    const answer = await told(await get(file.path, { query }))
    expect(answer).toMatchObject({ status: 401, body: expect.stringContaining(code) })
    expect(answer).toEqual(await told(await get(NOWHERE, { query })))
  }
})

test('CORS lets a page of an allowed origin send its token in the header', async () => {
  const [url] = stack.gatewayUrls as [string]
  const asked = await fetch(`${url.replace('ws:', 'http:')}/files/${NOWHERE}`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    },
  })
  expect(asked.status).toBe(204)
  expect(Object.fromEntries(asked.headers)).toMatchObject({
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-methods': expect.stringContaining('GET'),
    'access-control-allow-headers': expect.stringContaining('authorization'),
  })
})

test('a malformed path is refused', async () => {
  for (const path of ['%', '%00', '..%2f..%2fetc', 'a'.repeat(1_024), ''])
    expect((await get(path, { as: 'ben' })).status).toBeGreaterThanOrEqual(400)
  for (const path of ['', 1, null, {}, 'x'.repeat(1_025), '\ud800'])
    expect(await refused(ben, path as string)).toMatchObject({ error: 'INVALID_REQUEST' })
  expect((await get(NOWHERE, { as: 'ben', method: 'POST' })).status).toBe(400)
})

/** The number of requests for a user's rooms so far. */
async function questions() {
  const { values } = await stack.metrics.requests.get()
  return values.filter(isCountOf('roomsOfUser')).reduce((sum, { value }) => sum + value, 0)
}
const isCountOf =
  (operation: string) =>
  ({ metricName, labels }: { metricName?: string; labels: { operation?: unknown } }) =>
    metricName === 'chat_request_seconds_count' && labels.operation === operation

test("concurrent downloads by one user share the lookups of the user's rooms", async () => {
  const { file } = await sent(noise(10))
  const before = await questions()
  const asked = Array.from({ length: 60 }, () => get(file.path, { as: 'ben', redirect: 'manual' }))
  expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([302]))
  expect((await questions()) - before).toBeLessThan(40)
})
