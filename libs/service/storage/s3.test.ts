import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { faultOf } from '../bus/outage-fault.ts'
import { type Bucket, openBucket } from './s3.ts'

const MIB = 1024 * 1024
const url = process.env.CHAT_TEST_S3_URL as string
const name = `t${crypto.randomUUID().slice(0, 8)}`
let bucket: Bucket

beforeAll(async () => {
  bucket = await openBucket({ url, bucket: name })
})
afterAll(() => bucket.close())

test('instances that start at once all open the bucket', async () => {
  const options = { url, bucket: `${name}-raced` }
  const opened = await Promise.all(Array.from({ length: 5 }, () => openBucket(options)))
  for (const each of opened) {
    await each.ping()
    each.close()
  }
})

test('an object can be read from its start or as a whole until it is removed', async () => {
  await bucket.put('aa/one', Buffer.from('hello'), 'text/plain')
  expect(await bucket.sizeOf('aa/one')).toBe(5)
  expect(String(await bucket.start('aa/one', 2))).toBe('he')
  expect(String(await bucket.start('aa/one', 20))).toBe('hello')
  expect(await text(await bucket.read('aa/one'))).toBe('hello')
  await bucket.remove('aa/one')
  await bucket.remove('aa/one')
  expect(await bucket.sizeOf('aa/one')).toBeNull()
})

test('objects can be listed by prefix, read into a buffer, and removed together', async () => {
  for (const path of ['ee/1', 'ee/2', 'ef/1']) await bucket.put(path, Buffer.from(path), 'text/plain')
  expect(await bucket.list('ee/')).toEqual(['ee/1', 'ee/2'])
  const room = Buffer.alloc(6)
  expect(await bucket.readInto('ee/2', room.subarray(1))).toBe(4)
  expect(String(room)).toBe('\0ee/2\0')
  await expect(bucket.readInto('ee/2', room.subarray(3))).rejects.toThrow('larger')
  await bucket.removeAll(['ee/1', 'ee/2', 'ee/3'])
  await bucket.removeAll([])
  expect(await bucket.list('e')).toEqual(['ef/1'])
  expect(await bucket.readInto('ee/2', room)).toBeNull()
})

test('a part of an unknown upload is refused and does not count as an outage', async () => {
  for (let n = 0; n < 5; n++) {
    const refusal = await bucket.putPart('bb/none', 'lost', 1, Buffer.alloc(5 * MIB)).catch((error) => error)
    expect(refusal.message).toMatch(/knows no upload|does not exist/)
    expect(faultOf(refusal)).toBeNull()
  }
})

test('parts become an object; the last version of a repeated part counts', async () => {
  const id = await bucket.begin('bb/two', 'text/plain')
  expect(await bucket.parts('bb/two', id)).toEqual([])
  await bucket.putPart('bb/two', id, 1, Buffer.alloc(5 * MIB, 'x'))
  const parts = [
    await bucket.putPart('bb/two', id, 1, Buffer.alloc(5 * MIB, 'a')),
    await bucket.putPart('bb/two', id, 2, Buffer.from('b')),
  ]
  expect(await bucket.parts('bb/two', id)).toEqual(parts)
  await bucket.complete('bb/two', id, parts)
  await bucket.complete('bb/two', id, parts)
  expect(await bucket.parts('bb/two', id)).toBeNull()
  expect(await bucket.sizeOf('bb/two')).toBe(5 * MIB + 1)
  expect(String(await bucket.start('bb/two', 3))).toBe('aaa')
})

test('an aborted upload no longer exists', async () => {
  const id = await bucket.begin('cc/three', 'text/plain')
  await bucket.abort('cc/three', id)
  await bucket.abort('cc/three', id)
  expect(await bucket.parts('cc/three', id)).toBeNull()
  const made = bucket.complete('cc/three', id, [{ number: 1, etag: 'e', size: 1 }])
  await expect(made).rejects.toThrow()
})

test('signed links read objects and accept parts without credentials, unless they are altered', async () => {
  const id = await bucket.begin('dd/four', 'text/plain')
  const put = await fetch(await bucket.linkToPart('dd/four', id, 1, 60), { method: 'PUT', body: 'hello' })
  expect(put.status).toBe(200)
  const parts = await bucket.parts('dd/four', id)
  expect(parts).toEqual([{ number: 1, etag: expect.any(String), size: 5 }])
  await bucket.complete('dd/four', id, parts ?? [])

  const disposition = 'attachment; filename="a.txt"'
  const link = await bucket.linkToRead('dd/four', { seconds: 60, mediaType: 'image/png', disposition })
  const got = await fetch(link)
  expect(await got.text()).toBe('hello')
  expect(got.headers.get('content-type')).toBe('image/png')
  expect(got.headers.get('content-disposition')).toBe(disposition)
  expect((await fetch(link.replace('image%2Fpng', 'text%2Fhtml'))).status).toBe(403)
  expect((await fetch(link.split('?')[0] as string)).status).toBe(403)
})

test('links use the public host, which the service itself need not reach', async () => {
  const shown = await openBucket({ url, publicUrl: 'https://files.example', bucket: name })
  const link = await shown.linkToRead('aa/one', { seconds: 60, mediaType: 'a/b', disposition: 'inline' })
  expect(link).toMatch(new RegExp(`^https://files\\.example/${name}/aa/one\\?`))
  shown.close()
})

test('an unreachable S3 is an error that names CHAT_S3_URL and counts as SERVICE_UNAVAILABLE', async () => {
  const gone = 'http://a:b@127.0.0.1:1'
  await expect(openBucket({ url: gone, bucket: name })).rejects.toThrow(/CHAT_S3_URL/)
  const error = await openBucket({ url: gone, bucket: name }).catch((thrown: unknown) => thrown)
  expect(faultOf(error)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})
