import { randomBytes } from 'node:crypto'
import { lowerPriority } from '@chat/service'
import { connectPlain, type PlainClient } from '@chat/testing'
import { answerParent } from '../child-process.ts'

const CHUNK_BYTES = 500_000

export type Plan = { url: string; token: string; roomId: string }
export type Uploader = {
  /** Sends a file of that many bytes for each plan, all at once. @returns the sizes that the messages tell */
  upload: (input: { plans: Plan[]; bytes: number }) => Promise<number[]>
}
type Answer = { message?: { data: { content: { files: { size: number }[] } } } }

/** Clients stay connected between uploads. */
const clients = new Map<string, PlainClient>()

async function clientOf({ url, token }: Plan): Promise<PlainClient> {
  const client = clients.get(token) ?? (await connectPlain(url, token))
  clients.set(token, client)
  return client
}

/** Uploads in chunks over the socket, each after the ack of the one before. */
async function upload(plan: Plan, data: Buffer): Promise<number> {
  const client = await clientOf(plan)
  const { roomId } = plan
  const syncKey = crypto.randomUUID()
  for (let at = 0; at < data.length; at += CHUNK_BYTES) {
    const { message } = await client.get<Answer>('sendFileMessage', {
      syncKey,
      roomId,
      type: 'FILE',
      name: 'large.bin',
      size: data.length,
      data: data.subarray(at, at + CHUNK_BYTES),
    })
    if (message) return message.data.content.files[0]?.size ?? 0
  }
  throw new Error('the last chunk was not answered with the message')
}

const uploader: Uploader = {
  upload: async ({ plans, bytes }) => {
    const data = randomBytes(bytes)
    return Promise.all(plans.map((plan) => upload(plan, data)))
  },
}

// In production clients run on other machines.
lowerPriority()
answerParent(uploader, async () => {
  for (const client of clients.values()) client.close()
})
