import type { UserEvents } from '@chat/contract'
import type { Bus, Logger } from '@chat/service'
import type { Subscription } from '@nats-io/transport-node'
import type { Broadcast } from '../delivery/broadcast.ts'

const BEAT_MS = 30_000
/** Those who go together are told of together. */
const TELL_AFTER_MS = 100
const RETRY_MS = 1_000
const AT_ONCE = 1_000
/** Users of whom it is remembered what was told last. */
const REMEMBERED = 10_000

/** Who is connected here: answered to whoever asks, told to rooms from time to time; and what is heard of others. */
export class Presence {
  private readonly bus: Bus
  private readonly logger: Logger
  private readonly here = new Map<string, Subscription>()
  private readonly left = new Set<string>()
  private readonly turns = new Map<string, number>()
  private readonly beat: NodeJS.Timeout
  private timer: NodeJS.Timeout | null = null
  private lowPriorityQueue: Promise<void> = Promise.resolve()

  constructor({ bus, logger, broadcast }: { bus: Bus; logger: Logger; broadcast: Broadcast }) {
    this.bus = bus
    this.logger = logger
    this.beat = setInterval(() => this.tell(() => [...this.here.keys()]), BEAT_MS)
    bus.subscribe(bus.subjects.everyUser('presence'), (event) => {
      const presence = event.json<UserEvents['presence']>()
      if (this.isLatest(presence)) broadcast.presence(presence)
    })
  }

  /** From now on they are found here, once this has reached the bus. */
  enter(userId: string) {
    this.left.delete(userId)
    const { userPresence } = this.bus.subjects
    this.here.set(
      userId,
      this.bus.subscribe(userPresence(userId), (question) => void question.respond()),
    )
  }

  leave(userId: string) {
    this.here.get(userId)?.unsubscribe()
    this.here.delete(userId)
    this.left.add(userId)
    this.tellSoon(TELL_AFTER_MS)
  }

  /** Tells who has gone from here, at once. */
  async close() {
    clearInterval(this.beat)
    if (this.timer) clearTimeout(this.timer)
    this.tell(() => [])
    await this.lowPriorityQueue
    if (this.timer) clearTimeout(this.timer)
  }

  private tellSoon(ms: number) {
    this.timer ??= setTimeout(() => {
      this.timer = null
      this.tell(() => [])
    }, ms)
  }

  /** One after the other, so that rooms never hears of someone as present after they have gone. */
  private tell(present: () => string[]) {
    this.lowPriorityQueue = this.lowPriorityQueue.then(() => this.send(present()))
  }

  private async send(present: string[]) {
    const left = [...this.left]
    this.left.clear()
    const caller = { userId: '', requestId: crypto.randomUUID() }
    try {
      for (let at = 0; at < Math.max(present.length, left.length); at += AT_ONCE)
        await this.bus.ask('noteSeen', caller, {
          present: present.slice(at, at + AT_ONCE),
          left: left.slice(at, at + AT_ONCE),
        })
    } catch (err) {
      this.logger.warn({ err, present: present.length, left: left.length }, 'presence not told')
      // Who is present is told with the next beat.
      for (const userId of left) if (!this.here.has(userId)) this.left.add(userId)
      if (this.left.size > 0) this.tellSoon(RETRY_MS)
    }
  }

  /** Two instances of rooms may tell in either order. */
  private isLatest({ userId, turn }: UserEvents['presence']): boolean {
    if (turn <= (this.turns.get(userId) ?? 0)) return false
    this.turns.delete(userId)
    this.turns.set(userId, turn)
    if (this.turns.size > REMEMBERED) this.turns.delete(this.turns.keys().next().value as string)
    return true
  }
}
