import type { Bus, Logger } from '@chat/service'
import type { Store } from '../store/store.ts'
import { viewRoomsById } from './room-view.ts'

/** Updates that are requested within this time are read and published together. */
const DELAY_MS = 10
const RETRY_MS = 500

type Parts = { store: Store; bus: Bus; logger: Logger }

/** Publishes rooms to gateways after members or settings have changed, with a constant number of queries for all. */
export class RoomBroadcast {
  private readonly parts: Parts
  private readonly waiting = new Set<string>()
  private timer: NodeJS.Timeout | null = null
  private publishing: Promise<void> = Promise.resolve()

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Publishes the room's present state within a few milliseconds. */
  publishSoon(roomId: string) {
    this.waiting.add(roomId)
    this.schedule(DELAY_MS)
  }

  /** For new members, whose gateways do not subscribe to the room yet. */
  publishJoined(roomId: string, userIds: string[]) {
    for (const userId of userIds) this.parts.bus.publishUser(userId, 'joined', { roomId })
  }

  /** Publishes what still waits. */
  async close() {
    if (this.timer) clearTimeout(this.timer)
    await this.publishing
    await this.publish()
    if (this.timer) clearTimeout(this.timer)
  }

  private schedule(delayMs: number) {
    this.timer ??= setTimeout(() => {
      this.timer = null
      this.publishing = this.publish()
    }, delayMs)
  }

  private async publish() {
    const { store, bus, logger } = this.parts
    const roomIds = [...this.waiting]
    this.waiting.clear()
    if (roomIds.length === 0) return
    try {
      for (const room of await viewRoomsById(store, roomIds)) bus.publishRoom(room._id, 'update', room)
    } catch (err) {
      logger.warn({ err, rooms: roomIds.length }, 'room updates were not published; will retry')
      for (const roomId of roomIds) this.waiting.add(roomId)
      this.schedule(RETRY_MS)
    }
  }
}
