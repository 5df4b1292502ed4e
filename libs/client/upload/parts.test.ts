import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, test } from '@jest/globals'
import { message, ok } from '../testing/fake-server.ts'
import { useFakeServer } from '../testing/testing.ts'

const { server, client } = useFakeServer()

const PART = 500
const picked = Uint8Array.from({ length: 1_700 }, (_, index) => index % 251)
const stores: { close: () => void }[] = []
afterEach(() => {
  for (const store of stores.splice(0)) store.close()
})

/** An object store for parts, and a server that returns links to it. */
async function fakeStore(refuses: (partNumber: number, tries: number) => boolean = () => false) {
  const parts = new Map<number, Buffer>()
  const tries = new Map<number, number>()
  const http = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request)
    const number = Number(request.url?.slice(1))
    tries.set(number, (tries.get(number) ?? 0) + 1)
    const isRefused = request.method !== 'PUT' || refuses(number, tries.get(number) as number)
    if (!isRefused) parts.set(number, body)
    response.writeHead(isRefused ? 403 : 200).end()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  stores.push(http)
  const { port } = http.address() as AddressInfo
  server().answer('createUpload', ({ size }: { size: number }) => {
    const all = Array.from({ length: Math.ceil(size / PART) }, (_, index) => index + 1)
    const missing = all.filter((partNumber) => !parts.has(partNumber))
    const links = missing.map((partNumber) => ({
      partNumber,
      url: `http://127.0.0.1:${port}/${partNumber}`,
    }))
    return ok({ parts: links, partSize: PART, expiresAt: 'soon' })
  })
  server().answer('completeUpload', () => ok({ message: message('r1', 1) }))
  return { parts, tries }
}
const content = (parts: Map<number, Buffer>) =>
  Buffer.concat([...parts].sort(([one], [other]) => one - other).map(([, part]) => part))

test('a file is sent in parts and completed when all parts are stored', async () => {
  const { parts } = await fakeStore()
  const told: number[] = []
  const onProgress = (percent: number) => told.push(percent)
  const sent = await client().upload(picked, { roomId: 'r1', syncKey: 'k', direct: true, onProgress })
  expect(sent).toEqual(message('r1', 1))
  expect(content(parts).equals(picked)).toBe(true)
  expect(told).toEqual([25, 50, 75, 99, 100])
  expect(server().asked('completeUpload')).toMatchObject([{ input: { roomId: 'r1', syncKey: 'k' } }])
  expect(server().asked('sendFileMessage')).toEqual([])
})

test('failed parts are sent again, and no others', async () => {
  const { parts, tries } = await fakeStore((partNumber, count) => partNumber === 2 && count < 3)
  await client().upload(picked, { roomId: 'r1', direct: true })
  expect(content(parts).equals(picked)).toBe(true)
  expect([...tries].sort()).toEqual([
    [1, 1],
    [2, 3],
    [3, 1],
    [4, 1],
  ])
})

test('an object store that refuses every part ends the upload with a retryable error', async () => {
  await fakeStore(() => true)
  const uploads = client().upload(picked, { roomId: 'r1', direct: true })
  await expect(uploads).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
  expect(server().asked('completeUpload')).toEqual([])
})
