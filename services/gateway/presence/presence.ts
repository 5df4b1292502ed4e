import type { UserEvents } from '@chat/contract'
import type { Bus, Logger } from '@chat/service'
import type { Subscription } from '@nats-io/transport-node'
import { LRUCache } from 'lru-cache'
import type { Broadcast } from '../delivery/broadcast.ts'

const REPORT_EVERY_MS = 30_000
const LEAVE_DELAY_MS = 100
const RETRY_MS = 1_000
const USERS_PER_REQUEST = 1_000
const MAX_REMEMBERED = 10_000

/** Reports to rooms who is connected here, and passes on the presence events that rooms publishes. */
export class Presence {
  private readonly bus: Bus
  private readonly logger: Logger
  private readonly subscriptions = new Map<string, Subscription>()
  private readonly departed = new Set<string>()
  private readonly lastTurns = new LRUCache<string, number>({ max: MAX_REMEMBERED })
  private readonly interval: NodeJS.Timeout
  private timer: NodeJS.Timeout | undefined
  private reporting: Promise<void> = Promise.resolve()

  constructor({ bus, logger, broadcast }: { bus: Bus; logger: Logger; broadcast: Broadcast }) {
    this.bus = bus
    this.logger = logger
    this.interval = setInterval(() => this.report(() => [...this.subscriptions.keys()]), REPORT_EVERY_MS)
    bus.subscribe(bus.subjects.everyUser('presence'), (event) => {
      const presence = event.json<UserEvents['presence']>()
      if (this.isLatest(presence)) broadcast.presence(presence)
    })
  }

  /** The user counts as online here once the bus is flushed. */
  enter(userId: string) {
    this.departed.delete(userId)
    const subject = this.bus.subjects.userPresence(userId)
    const subscription = this.bus.subscribe(subject, (request) => void request.respond())
    this.subscriptions.set(userId, subscription)
  }

  leave(userId: string) {
    this.subscriptions.get(userId)?.unsubscribe()
    this.subscriptions.delete(userId)
    this.departed.add(userId)
    this.reportSoon(LEAVE_DELAY_MS)
  }

  /** Reports at once who has left. */
  async close() {
    clearInterval(this.interval)
    this.report(() => [])
    await this.reporting
    clearTimeout(this.timer)
  }

  private reportSoon(ms: number) {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.report(() => [])
    }, ms)
  }

  /** One report at a time, so that no user is reported as present after they have left. */
  private report(present: () => string[]) {
    this.reporting = this.reporting.then(() => this.send(present()))
  }

  private async send(present: string[]) {
    const left = [...this.departed]
    this.departed.clear()
    const caller = { userId: '', requestId: crypto.randomUUID() }
    try {
      for (let at = 0; at < Math.max(present.length, left.length); at += USERS_PER_REQUEST)
        await this.bus.ask('noteSeen', caller, {
          present: present.slice(at, at + USERS_PER_REQUEST),
          left: left.slice(at, at + USERS_PER_REQUEST),
        })
    } catch (err) {
      this.logger.warn({ err, present: present.length, left: left.length }, 'presence not reported')
      // The next report repeats those who are present, but not those who left.
      for (const userId of left) if (!this.subscriptions.has(userId)) this.departed.add(userId)
      if (this.departed.size > 0) this.reportSoon(RETRY_MS)
    }
  }

  /** Two instances of rooms may publish in either order. */
  private isLatest({ userId, turn }: UserEvents['presence']): boolean {
    if (turn <= (this.lastTurns.get(userId) ?? 0)) return false
    this.lastTurns.set(userId, turn)
    return true
  }
}
