import type { Asking } from './asking.ts'
import { ChatError } from './chat-error.ts'
import type { Connection } from './connection.ts'
import type { AskOutput } from './events.ts'
import { Lanes } from './lanes.ts'
import { OpenRoom, type OpenRoomOptions } from './open-room.ts'

/**
 * joinRoom and leaveRoom, one at a time for each room: the server carries out events side by side, so a leave
 * on its way could close what was just opened again. The last to close a room leaves it.
 */
export class OpenRooms {
  private readonly connection: Connection
  private readonly asking: Asking
  private readonly lanes = new Lanes()
  private readonly counts = new Map<string, number>()

  constructor(connection: Connection, asking: Asking) {
    this.connection = connection
    this.asking = asking
  }

  open(roomId: string, options: OpenRoomOptions): Promise<OpenRoom> {
    this.counts.set(roomId, (this.counts.get(roomId) ?? 0) + 1)
    const { connection, asking } = this
    return new OpenRoom(roomId, options, { connection, asking, rooms: this }).open()
  }

  join(roomId: string): Promise<AskOutput<'joinRoom'>> {
    return this.lanes.run(roomId, () => this.asking.ask('joinRoom', roomId))
  }

  /** Once for each `open`. Never rejects: a connection that is lost has left its rooms. */
  async leave(roomId: string) {
    const left = (this.counts.get(roomId) ?? 0) - 1
    if (left > 0) this.counts.set(roomId, left)
    else this.counts.delete(roomId)
    await this.lanes.run(roomId, () => this.leaveIfUnused(roomId))
  }

  private async leaveIfUnused(roomId: string) {
    if (this.counts.has(roomId) || this.connection.state !== 'connected') return
    try {
      await this.asking.ask('leaveRoom', roomId)
    } catch (error) {
      if (!(error instanceof ChatError)) throw error
    }
  }
}
