import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Envelope, Message } from '@chat/contract'
import type { RetryingClient, Tally } from '../../load/retrying-client.ts'
import type { Member } from './member.ts'

const SEND_EVERY_MS = 250
const POST_EVERY_MS = 200
const CHUNK_BYTES = 500_000
const FILE_BYTES = 1_200_000
const RETRY_AFTER_MS = 100

/** Acked messages by syncKey, with the bytes of a file. */
export type Acked = Map<string, { message: Message; data?: Buffer }>
type Run = { acked: Acked; isOver: () => boolean }

/** Sends texts, moves the read cursor and lists rooms, like an app in use. */
export async function converse({ client, roomId, messages }: Member, { acked, isOver }: Run) {
  for (let turn = 0; !isOver(); turn++) {
    const draft = { syncKey: crypto.randomUUID(), roomId, data: { type: 'TEXT', content: `number ${turn}` } }
    const answer = await client.ask<{ message: Message }>('sendMessage', draft)
    if (answer) acked.set(draft.syncKey, answer)
    const latest = [...messages.values()].at(-1)
    if (turn % 3 === 0 && latest) await client.ask('updateReadMessage', { roomId, messageId: latest._id })
    if (turn % 10 === 0) await client.ask('listenRooms', {})
    await delay(SEND_EVERY_MS)
  }
}

/** Uploads one file after the other, each from the slice that the service asks for. */
export async function upload(client: RetryingClient, roomId: string, { acked, isOver }: Run) {
  while (!isOver()) {
    const data = randomBytes(FILE_BYTES)
    const file = { syncKey: crypto.randomUUID(), roomId, type: 'FILE', name: 'noise.bin', size: data.length }
    for (let slice = 0; ; ) {
      const chunk = { ...file, slice, data: data.subarray(slice * CHUNK_BYTES, (slice + 1) * CHUNK_BYTES) }
      const answer = await client.ask<{ slice: number; message?: Message }>('sendFileMessage', chunk)
      if (answer?.message) acked.set(file.syncKey, { message: answer.message, data })
      if (!answer || answer.message) break
      slice = answer.slice
    }
  }
}

/** Posts like a back end. A request without an answer is a fault. */
export async function post(call: Call, roomId: string, tally: Tally, { acked, isOver }: Run) {
  while (!isOver()) {
    const syncKey = crypto.randomUUID()
    const body = {
      syncKey,
      author: { authorId: 'platform', nickName: 'Platform' },
      data: { type: 'ADMIN', content: { text: 'from the platform' } },
    }
    const posted = await persist(() => call(`/v1/rooms/${roomId}/messages`, body), tally)
    if (posted) acked.set(syncKey, posted)
    await delay(POST_EVERY_MS)
  }
}
type Posted = { message: Message }
export type Call = (path: string, body: object) => Promise<Envelope<Posted>>

async function persist(ask: () => Promise<Envelope<Posted>>, tally: Tally): Promise<Posted | undefined> {
  const since = performance.now()
  for (;;) {
    const envelope = await ask().catch((error: Error) => error)
    if (envelope instanceof Error) {
      tally.fault(`platform: ${envelope.message} (${(envelope.cause as Error)?.message})`)
      return
    }
    if (!envelope.success && envelope.retryable) {
      tally.retry(`platform ${envelope.error}`)
      await delay(envelope.retryAfterMs ?? RETRY_AFTER_MS)
      continue
    }
    tally.answer('a post', since)
    if (envelope.data) return envelope.data
    tally.fault(`platform: ${envelope.error} ${envelope.message}`)
    return
  }
}
