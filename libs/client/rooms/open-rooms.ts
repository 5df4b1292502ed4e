import { KeyedQueue } from '@chat/contract/keyed-queue'
import { ChatError } from '../connection/chat-error.ts'
import type { AskOutput, Requests } from '../connection/requests.ts'
import { OpenRoom, type OpenRoomOptions } from './open-room.ts'

/**
 * Sends joinRoom and leaveRoom one at a time for each room: the server handles events side by side, so a late
 * leave could close what was just opened again. The last `OpenRoom` of a room leaves it.
 */
export class OpenRooms {
  private readonly requests: Requests
  private readonly queue = new KeyedQueue()
  private readonly counts = new Map<string, number>()

  constructor(requests: Requests) {
    this.requests = requests
  }

  open(roomId: string, options: OpenRoomOptions): Promise<OpenRoom> {
    this.counts.set(roomId, (this.counts.get(roomId) ?? 0) + 1)
    return new OpenRoom(roomId, options, { requests: this.requests, rooms: this }).open()
  }

  join(roomId: string): Promise<AskOutput<'joinRoom'>> {
    return this.queue.run(roomId, () => this.requests.ask('joinRoom', roomId))
  }

  /** Called once for each `open`. Never rejects: a connection that is lost has left its rooms. */
  async leave(roomId: string) {
    const left = (this.counts.get(roomId) ?? 0) - 1
    if (left > 0) this.counts.set(roomId, left)
    else this.counts.delete(roomId)
    await this.queue.run(roomId, () => this.leaveIfUnused(roomId))
  }

  private async leaveIfUnused(roomId: string) {
    if (this.counts.has(roomId) || this.requests.connection.state !== 'connected') return
    try {
      await this.requests.ask('leaveRoom', roomId)
    } catch (error) {
      if (!(error instanceof ChatError)) throw error
    }
  }
}
