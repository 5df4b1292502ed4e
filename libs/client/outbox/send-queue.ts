import type { Message } from '@chat/contract'
import { KeyedQueue } from '@chat/contract/keyed-queue'
import { persist } from '../connection/backoff.ts'
import { ChatError } from '../connection/chat-error.ts'
import type { AskInput, Requests } from '../connection/requests.ts'
import type { Draft, DraftId, Outbox, QueuedDraft } from './outbox.ts'

export type SendQueueParts = { requests: Requests; outbox: Outbox }
type Delivery = { done: Promise<Message>; cancel: (error: ChatError) => void }

/** Sends messages until they are acked, one at a time in each room, so that they keep their order. */
export class SendQueue {
  /** Resolves when the drafts of an earlier client are queued. */
  readonly loaded: Promise<void>
  private readonly parts: SendQueueParts
  private readonly maxWaiting: number
  private readonly signal: AbortSignal
  private readonly rooms = new KeyedQueue()
  private readonly deliveries = new Map<QueuedDraft, Delivery>()

  constructor(parts: SendQueueParts, { maxQueuedSends = 1_000 }) {
    this.parts = parts
    this.signal = parts.requests.connection.signal
    this.maxWaiting = maxQueuedSends
    this.loaded = parts.outbox.load().then(() => this.resume())
  }

  async send({ syncKey = newSyncKey(), ...rest }: Draft): Promise<Message> {
    await this.loaded
    this.signal.throwIfAborted()
    const draft = { ...rest, syncKey }
    const same = this.parts.outbox.find(draft)
    const delivery = same && this.deliveries.get(same)
    if (delivery && !same.failure) return delivery.done
    if (this.parts.outbox.waiting >= this.maxWaiting) throw new ChatError(FULL)
    const { queued, saved } = this.parts.outbox.add(draft)
    return this.start(queued, saved)
  }

  /** @returns false where the draft is not in the queue */
  async cancel(id: DraftId): Promise<boolean> {
    await this.loaded
    const draft = this.parts.outbox.find(id)
    if (!draft) return false
    this.deliveries.get(draft)?.cancel(new ChatError(CANCELLED))
    await this.parts.outbox.remove(draft)
    return true
  }

  private resume() {
    for (const draft of this.parts.outbox.list()) if (!draft.failure) this.start(draft, Promise.resolve())
  }

  private start(draft: QueuedDraft, saved: Promise<void>): Promise<Message> {
    const { promise: stopped, reject: cancel } = Promise.withResolvers<never>()
    const delivered = this.rooms.run(draft.roomId, () => this.deliver(draft, saved))
    const done = Promise.race([delivered, stopped])
    this.deliveries.set(draft, { done, cancel })
    const forget = () => this.deliveries.delete(draft)
    // Nobody may be waiting for it, as for a draft of an earlier client: no unhandled rejection then.
    done.then(forget, forget)
    return done
  }

  private async deliver(draft: QueuedDraft, saved: Promise<void>): Promise<Message> {
    await saved
    const isQueued = () => this.parts.outbox.has(draft)
    try {
      const { message } = await persist(() => this.attempt(draft), this.signal, isQueued)
      await this.parts.outbox.remove(draft)
      return message
    } catch (error) {
      // Where the client was closed, the draft stays for the next client with this store.
      const isRefused = error instanceof ChatError && !this.signal.aborted
      if (isRefused && isQueued()) await this.parts.outbox.fail(draft, error)
      throw error
    }
  }

  private async attempt(draft: QueuedDraft) {
    const { outbox, requests } = this.parts
    await requests.connection.connected()
    if (!outbox.has(draft)) throw new ChatError(CANCELLED)
    return requests.once('sendMessage', inputOf(draft))
  }
}

function inputOf(draft: QueuedDraft): AskInput<'sendMessage'> {
  const { text, place: _, queuedAt: __, failure: ___, ...rest } = draft
  return { ...rest, data: { type: 'TEXT', content: { text } } }
}

const FULL = {
  code: 'RATE_LIMITED',
  message: 'Too many messages are waiting to be sent',
  retryable: true,
} as const
const CANCELLED = { code: 'CANCELLED', message: 'The message was removed from the queue' } as const

/** Not randomUUID(): browsers have it on https pages only. */
export function newSyncKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
