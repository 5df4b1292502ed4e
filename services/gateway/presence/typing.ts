import type { RoomEvents } from '@chat/contract'
import type { Socket } from 'socket.io'
import type { Broadcast } from '../delivery/broadcast.ts'

/** Who is said to be typing stops by themselves, also where their own gateway has died. */
const ENDS_AFTER_MS = 5_000

type Shown = { sockets: Set<Socket>; timer: NodeJS.Timeout }

/** Who is typing in the rooms that are open here, and which sockets were told so. */
export class Typing {
  private readonly broadcast: Broadcast
  private readonly shown = new Map<string, Shown>()
  constructor(broadcast: Broadcast) {
    this.broadcast = broadcast
  }

  hear(roomId: string, { userId, isTyping }: RoomEvents['typing']) {
    if (!isTyping) return this.end(roomId, userId)
    const key = keyOf(roomId, userId)
    const known = this.shown.get(key)
    clearTimeout(known?.timer)
    const sockets = this.broadcast.typing(roomId, { userId, isTyping })
    for (const socket of known?.sockets ?? []) sockets.add(socket)
    const timer = setTimeout(() => this.end(roomId, userId), ENDS_AFTER_MS)
    this.shown.set(key, { sockets, timer })
  }

  /** They have stopped, or have sent what they were typing. */
  end(roomId: string, userId: string) {
    const key = keyOf(roomId, userId)
    const known = this.shown.get(key)
    if (!known) return
    clearTimeout(known.timer)
    this.shown.delete(key)
    this.broadcast.typing(roomId, { userId, isTyping: false }, known.sockets)
  }

  stop() {
    for (const { timer } of this.shown.values()) clearTimeout(timer)
    this.shown.clear()
  }
}

const keyOf = (roomId: string, userId: string) => `${roomId}:${userId}`
