import type { RoomEvents } from '@chat/contract'
import type { Bus, Logger } from '@chat/service'
import type { Viewing } from './viewing.ts'

type Cause = RoomEvents['update']['cause']

/** A room that changes all the time is announced this often, so that the last state is out within half a second. */
const MIN_INTERVAL_MS = 400
const TICK_MS = 40
const RETRY_MS = 500

/** Tells gateways how rooms look now: coalesced per room, with a constant number of queries for all that are due. */
export class Announcing {
  private readonly bus: Bus
  private readonly viewing: Viewing
  private readonly logger: Logger
  private due = new Map<string, { causes: Set<Cause>; told: PromiseWithResolvers<void> }>()
  private announcedAt = new Map<string, number>()
  private timer: NodeJS.Timeout | null = null
  private flushing: Promise<void> = Promise.resolve()

  constructor(bus: Bus, viewing: Viewing, logger: Logger) {
    this.bus = bus
    this.viewing = viewing
    this.logger = logger
  }

  /** Resolves when the room has been announced in its present state, or a later one. */
  announce(roomId: string, cause: Cause): Promise<void> {
    const entry = this.due.get(roomId) ?? { causes: new Set<Cause>(), told: Promise.withResolvers<void>() }
    entry.causes.add(cause)
    this.due.set(roomId, entry)
    this.schedule(TICK_MS)
    return entry.told.promise
  }

  /** People who have just become members: their gateways do not hear the room yet. */
  welcome(roomId: string, userIds: string[]) {
    for (const userId of userIds) this.bus.publishUser(userId, 'joined', { roomId })
  }

  /** Tells everything that is still due, at once. */
  async close() {
    if (this.timer) clearTimeout(this.timer)
    await this.flushing
    await this.flush(Number.POSITIVE_INFINITY)
  }

  private schedule(delay: number) {
    this.timer ??= setTimeout(() => {
      this.timer = null
      this.flushing = this.flush(performance.now())
    }, delay)
  }

  private async flush(now: number) {
    const ready = [...this.due].filter(
      ([id]) => now - (this.announcedAt.get(id) ?? -Infinity) >= MIN_INTERVAL_MS,
    )
    for (const [roomId] of ready) this.due.delete(roomId)
    try {
      if (ready.length === 0) return
      const views = await this.viewing.byIds(ready.map(([roomId]) => roomId))
      const byId = new Map(views.map((room) => [room._id, room]))
      for (const [roomId, { causes, told }] of ready) {
        const room = byId.get(roomId)
        if (room) for (const cause of causes) this.bus.publishRoom(roomId, 'update', { cause, room })
        this.announcedAt.set(roomId, now)
        told.resolve()
      }
    } catch (err) {
      this.logger.warn({ err, rooms: ready.length }, 'rooms not announced, will try again')
      for (const [roomId, { causes, told }] of ready) this.giveBack(roomId, causes, told)
      this.schedule(RETRY_MS)
    } finally {
      this.forget(now)
      if (this.due.size > 0 && Number.isFinite(now)) this.schedule(TICK_MS)
    }
  }

  private giveBack(roomId: string, causes: Set<Cause>, told: PromiseWithResolvers<void>) {
    for (const cause of causes) void this.announce(roomId, cause).then(told.resolve)
  }

  private forget(now: number) {
    for (const [roomId, at] of this.announcedAt)
      if (now - at > MIN_INTERVAL_MS) this.announcedAt.delete(roomId)
  }
}
