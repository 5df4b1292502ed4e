import type { RoomEvents } from '@chat/contract'
import type { ClientSocket } from '../connection/session.ts'
import type { Broadcast } from '../delivery/broadcast.ts'

/** Typing ends by itself, also when the typist's gateway has died. */
const ENDS_AFTER_MS = 5_000

type Indicator = { sockets: Set<ClientSocket>; timer: NodeJS.Timeout }

/** Who is typing in the rooms that are open here, and which sockets show it. */
export class Typing {
  private readonly broadcast: Broadcast
  private readonly indicators = new Map<string, Indicator>()

  constructor(broadcast: Broadcast) {
    this.broadcast = broadcast
  }

  take(roomId: string, { userId, isTyping }: RoomEvents['typing']) {
    if (!isTyping) return this.end(roomId, userId)
    const key = keyOf(roomId, userId)
    const known = this.indicators.get(key)
    clearTimeout(known?.timer)
    const sockets = this.broadcast.typing(roomId, { userId, isTyping })
    for (const socket of known?.sockets ?? []) sockets.add(socket)
    const timer = setTimeout(() => this.end(roomId, userId), ENDS_AFTER_MS)
    this.indicators.set(key, { sockets, timer })
  }

  /** The user has stopped, or has sent the message. */
  end(roomId: string, userId: string) {
    const key = keyOf(roomId, userId)
    const known = this.indicators.get(key)
    if (!known) return
    clearTimeout(known.timer)
    this.indicators.delete(key)
    this.broadcast.typing(roomId, { userId, isTyping: false }, known.sockets)
  }

  stop() {
    for (const { timer } of this.indicators.values()) clearTimeout(timer)
    this.indicators.clear()
  }
}

const keyOf = (roomId: string, userId: string) => `${roomId}:${userId}`
