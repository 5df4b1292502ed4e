import type { RoomEvents } from '@chat/contract'
import type { Bus, Logger } from '@chat/service'
import type { Viewing } from './viewing.ts'

type Cause = RoomEvents['update']['cause']
type Due = { causes: Set<Cause>; told: PromiseWithResolvers<void> }

/** What comes together is read and told together. */
const DELAY_MS = 10
const RETRY_MS = 500

/** Tells gateways how rooms look now, with a constant number of queries for all that are due. */
export class Announcing {
  private readonly bus: Bus
  private readonly viewing: Viewing
  private readonly logger: Logger
  private due = new Map<string, Due>()
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
    this.schedule(DELAY_MS)
    return entry.told.promise
  }

  /** People who have just become members: their gateways do not hear the room yet. */
  welcome(roomId: string, userIds: string[]) {
    for (const userId of userIds) this.bus.publishUser(userId, 'joined', { roomId })
  }

  /** Tells what is still due, at once. */
  async close() {
    if (this.timer) clearTimeout(this.timer)
    await this.flushing
    await this.flush()
    if (this.timer) clearTimeout(this.timer)
  }

  private schedule(delay: number) {
    this.timer ??= setTimeout(() => {
      this.timer = null
      this.flushing = this.flush()
    }, delay)
  }

  private async flush() {
    const due = this.due
    this.due = new Map()
    if (due.size === 0) return
    try {
      const views = new Map((await this.viewing.byIds([...due.keys()])).map((room) => [room._id, room]))
      for (const [roomId, { causes, told }] of due) {
        const room = views.get(roomId)
        if (room) for (const cause of causes) this.bus.publishRoom(roomId, 'update', { cause, room })
        told.resolve()
      }
    } catch (err) {
      this.logger.warn({ err, rooms: due.size }, 'rooms not announced, will try again')
      this.timer ??= setTimeout(() => this.giveBack(due), RETRY_MS)
    }
  }

  private giveBack(due: Map<string, Due>) {
    this.timer = null
    for (const [roomId, { causes, told }] of due) {
      for (const cause of causes) void this.announce(roomId, cause).then(told.resolve)
    }
  }
}
