import type { Bus, Logger } from '@chat/service'
import type { RoomView } from './room-view.ts'

/** What comes together is read and told together. */
const DELAY_MS = 10
const RETRY_MS = 500

/** Tells gateways how rooms look after members or settings changed, with a constant number of queries for all. */
export class RoomBroadcast {
  private readonly bus: Bus
  private readonly roomView: RoomView
  private readonly logger: Logger
  private due = new Set<string>()
  private timer: NodeJS.Timeout | null = null
  private flushing: Promise<void> = Promise.resolve()

  constructor(bus: Bus, roomView: RoomView, logger: Logger) {
    this.bus = bus
    this.roomView = roomView
    this.logger = logger
  }

  announce(roomId: string) {
    this.due.add(roomId)
    this.schedule(DELAY_MS)
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
    const roomIds = [...this.due]
    this.due.clear()
    if (roomIds.length === 0) return
    try {
      for (const room of await this.roomView.byIds(roomIds)) this.bus.publishRoom(room._id, 'update', room)
    } catch (err) {
      this.logger.warn({ err, rooms: roomIds.length }, 'rooms not announced, will try again')
      for (const roomId of roomIds) this.due.add(roomId)
      this.schedule(RETRY_MS)
    }
  }
}
