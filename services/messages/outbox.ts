import type { Message } from '@chat/contract'
import type { EventLog, Logger } from '@chat/service'
import { presentMessage, type Store } from './store.ts'

const RETRY_MS = 1_000
const SWEEP_MS = 5_000
const PAGE = 200
/** Less than the age at which the stream forgets. */
const OWED_FOR_MS = 6 * 24 * 60 * 60 * 1000
const ROOMS_PER_SWEEP = 200

/**
 * An outbox without a table: what was stored but not published is found by comparing the store with the stream, when
 * a room is taken up, after a publish that failed, and every few seconds for rooms that are busy.
 */
export class Outbox {
  private readonly store: Store
  private readonly log: EventLog
  private readonly logger: Logger
  /** Stored messages whose publish has failed; tried until the stream has them. */
  private readonly owed = new Map<string, Message>()
  private readonly busy = new Set<string>()
  private readonly timers: NodeJS.Timeout[]

  constructor(store: Store, log: EventLog, logger: Logger) {
    this.store = store
    this.log = log
    this.logger = logger
    this.timers = [
      setInterval(() => void this.retry(), RETRY_MS),
      setInterval(() => void this.sweep(), SWEEP_MS),
    ]
  }

  close() {
    for (const timer of this.timers) clearInterval(timer)
  }

  /** Publishes a stored message. @throws where the stream did not confirm it; it will be published all the same */
  async publish(message: Message): Promise<void> {
    this.busy.add(message.roomId)
    try {
      await this.log.append(message)
    } catch (error) {
      this.owed.set(message._id, message)
      throw error
    }
  }

  /** Makes sure that a message found in the store is in the stream too. */
  async ensure(message: Message): Promise<void> {
    if (!this.owed.has(message._id) && (await this.log.lastSeq(message.roomId)) >= message.seq) return
    await this.publish(message)
    this.owed.delete(message._id)
  }

  /** Publishes what the stream lacks of a room, in order. @returns the room's last seq */
  async reconcile(roomId: string): Promise<number> {
    const [stored, published] = await Promise.all([this.store.lastSeq(roomId), this.log.lastSeq(roomId)])
    const from = published > 0 ? published : Math.max(0, stored - PAGE)
    // Where the stream has nothing of a room it may have forgotten it by age: what is that old is not owed.
    const since = published > 0 ? 0 : Date.now() - OWED_FOR_MS
    for (let seq = from + 1; seq <= stored; seq += PAGE) {
      const missing = await this.store.between(roomId, seq, Math.min(stored, seq + PAGE - 1))
      for (const doc of missing)
        if (doc.createdAt.getTime() > since) await this.log.append(presentMessage(doc))
    }
    return stored
  }

  private async retry() {
    for (const [id, message] of [...this.owed]) {
      try {
        await this.log.append(message)
        this.owed.delete(id)
      } catch (err) {
        this.logger.warn({ err, owed: this.owed.size }, 'stored messages are not published yet')
        return
      }
    }
  }

  /** Another instance may have stored a message and died before it was published. */
  private async sweep() {
    const rooms = [...this.busy].slice(0, ROOMS_PER_SWEEP)
    for (const roomId of rooms) this.busy.delete(roomId)
    try {
      for (const roomId of rooms) await this.reconcile(roomId)
    } catch (err) {
      this.logger.warn({ err }, 'outbox sweep did not finish')
    }
  }
}
