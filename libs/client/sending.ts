import type { Message } from '@chat/contract'
import type { Asking } from './asking.ts'
import { ChatError } from './chat-error.ts'
import type { AskInput } from './events.ts'
import { Lanes } from './lanes.ts'
import { persist } from './waiting.ts'

type SendInput = AskInput<'sendMessage'>

/** `syncKey` names the message for good: sent again with the same one, it is not stored twice. Made up where absent. */
export type Draft = Omit<SendInput, 'data' | 'syncKey'> & { text: string; syncKey?: string }

/** Messages on their way: sent again until acked, and one at a time in each room, so that they keep their order. */
export class Sending {
  private readonly asking: Asking
  private readonly signal: AbortSignal
  private readonly maxWaiting: number
  private readonly rooms = new Lanes()
  private waiting = 0

  constructor(asking: Asking, signal: AbortSignal, { maxQueuedSends = 1_000 }) {
    this.asking = asking
    this.signal = signal
    this.maxWaiting = maxQueuedSends
  }

  /** @returns the message as it is stored */
  async send({ text, syncKey = newSyncKey(), ...rest }: Draft): Promise<Message> {
    if (this.waiting >= this.maxWaiting) throw queueIsFull()
    const input: SendInput = { ...rest, syncKey, data: { type: 'TEXT', content: { text } } }
    this.waiting += 1
    try {
      const { message } = await this.rooms.run(rest.roomId, () =>
        persist(() => this.asking.once('sendMessage', input), this.signal),
      )
      return message
    } finally {
      this.waiting -= 1
    }
  }
}

const queueIsFull = () =>
  new ChatError({
    code: 'RATE_LIMITED',
    message: 'Too many messages are waiting to be sent',
    retryable: true,
  })

/** Not randomUUID(): browsers have that on https pages only. */
const newSyncKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )
