import { setTimeout as delay } from 'node:timers/promises'
import { BatchQueue, type Bus, type Logger } from '@chat/service'
import type { Store } from '../store/store.ts'
import { viewRooms } from './room-view.ts'

/** Updates that are requested within this time are read and published together. */
const DELAY_MS = 10
const RETRY_MS = 500

type Parts = { store: Store; bus: Bus; logger: Logger }

/** Publishes rooms to gateways after members or settings have changed, with a constant number of queries for all. */
export class RoomBroadcast {
  private readonly parts: Parts
  private readonly queue: BatchQueue<string>
  private isClosing = false

  constructor(parts: Parts) {
    this.parts = parts
    this.queue = new BatchQueue({
      run: async (first) => {
        await delay(DELAY_MS)
        await this.publish([...new Set([...first, ...this.queue.take()])])
      },
      failed: (err) => parts.logger.error({ err }, 'room updates were lost'),
    })
  }

  /** Publishes the room's present state within a few milliseconds. */
  publishSoon(roomId: string) {
    this.queue.add(roomId)
  }

  /** For new members, whose gateways do not subscribe to the room yet. */
  publishJoined(roomId: string, userIds: string[]) {
    for (const userId of userIds) this.parts.bus.publishUser(userId, 'joined', { roomId })
  }

  /** Publishes what still waits. */
  async close() {
    this.isClosing = true
    await this.queue.idle()
  }

  private async publish(roomIds: string[]) {
    const { store, bus, logger } = this.parts
    try {
      const rooms = await store.rooms.getMany(roomIds)
      for (const room of await viewRooms(store, rooms)) bus.publishRoom(room._id, 'update', room)
    } catch (err) {
      logger.warn({ err, rooms: roomIds.length }, 'room updates were not published; will retry')
      if (this.isClosing) return
      await delay(RETRY_MS)
      this.queue.putBack(roomIds)
    }
  }
}
