import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Room } from '@chat/contract'
import { connectAs, makeRoom, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { announce, noise, openStored, type Stored, sendChunk } from '../testing.ts'

const CHUNK = 500_000
const s3Url = new URL(process.env.CHAT_TEST_S3_URL as string)
let stack: TestStack
let stored: Stored
let ann: PlainClient
let room: Room
let line: Awaited<ReturnType<typeof openLine>>

/** A connection to S3 that can be cut. */
async function openLine() {
  const ends = new Set<Socket>()
  let isCut = false
  const server: Server = createServer((socket) => {
    if (isCut) return socket.destroy()
    const other = connect(Number(s3Url.port), s3Url.hostname)
    socket.pipe(other).pipe(socket)
    for (const end of [socket, other]) {
      ends.add(end)
      end.on('error', () => {}).on('close', () => end === socket && other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(s3Url)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    cut: () => {
      isCut = true
      for (const end of ends) end.destroy()
      ends.clear()
    },
    mend: () => {
      isCut = false
    },
    close: () => {
      for (const end of ends) end.destroy()
      server.close()
    },
  }
}

beforeAll(async () => {
  line = await openLine()
  const engines = {
    natsUrl: process.env.CHAT_TEST_NATS_URL as string,
    mongoUrl: process.env.CHAT_TEST_MONGO_URL as string,
    s3Url: line.url,
  }
  stack = await startTestStack({ engines })
  stored = await openStored(stack)
  ann = await connectAs(stack, 'ann')
  const ben = await connectAs(stack, 'ben')
  ben.close()
  room = await makeRoom(ann, ['ben'])
})
afterAll(async () => {
  ann?.close()
  await stored?.close()
  await stack?.close()
  line?.close()
})

test('chunks are refused and not stored while S3 is unavailable, and the upload continues afterwards', async () => {
  const file = announce(room._id)
  const data = noise(6_200_000)
  const ask = (slice: number) => sendChunk(ann, file, data, slice, CHUNK)
  const refused = { error: 'SERVICE_UNAVAILABLE', retryable: true }
  // The first chunk, the one before which a part is moved, and the last one.
  for (let slice = 0; slice < 13; slice++) {
    if ([0, 11, 12].includes(slice)) {
      line.cut()
      expect(await ask(slice)).toMatchObject(refused)
      expect(await ask(slice)).toMatchObject(refused)
      line.mend()
    }
    const { data: ack } = await ask(slice)
    if (slice < 12) expect(ack).toMatchObject({ slice: slice + 1 })
    else
      expect(data.equals(await stored.bytes(ack?.message?.data.content.files?.[0]?.path as string))).toBe(
        true,
      )
  }
})
