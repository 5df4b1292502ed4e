import { randomBytes } from 'node:crypto'
import { connectPlain } from '@chat/testing'
import { answerParent } from '../child.ts'

const CHUNK_BYTES = 500_000

export type Plan = { url: string; token: string; roomId: string }
export type Uploader = {
  /** Sends a file of that many bytes for each plan, all at once. @returns the sizes that the messages tell */
  upload: (input: { plans: Plan[]; bytes: number }) => Promise<number[]>
}
type Answer = { message?: { data: { content: { files: { size: number }[] } } } }

/** As a client of the original document does it: chunk after chunk, each when the one before is acked. */
async function upload({ url, token, roomId }: Plan, data: Buffer): Promise<number> {
  const client = await connectPlain(url, token)
  const syncKey = crypto.randomUUID()
  try {
    for (let at = 0; at < data.length; at += CHUNK_BYTES) {
      const { message } = await client.get<Answer>('sendFileMessage', {
        ...{ syncKey, roomId, type: 'FILE', name: 'large.bin', size: data.length },
        data: data.subarray(at, at + CHUNK_BYTES),
      })
      if (message) return message.data.content.files[0]?.size ?? 0
    }
    throw new Error('the last chunk was not answered with the message')
  } finally {
    client.close()
  }
}

const uploader: Uploader = {
  upload: async ({ plans, bytes }) => {
    const data = randomBytes(bytes)
    return Promise.all(plans.map((plan) => upload(plan, data)))
  },
}

answerParent(uploader, async () => {})
