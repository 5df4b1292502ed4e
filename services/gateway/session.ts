import type { Caller, Viewer } from '@chat/contract'
import type { Limits } from '@chat/service'
import type { Socket } from 'socket.io'
import type { Identity } from './auth.ts'
import { userRates } from './rates.ts'

/** A user on this gateway: their sockets, and where they stand in each of their rooms. */
export class Session {
  readonly userId: string
  readonly sockets = new Set<Socket>()
  /** When the newest token was issued that opened it, in seconds since the epoch. */
  issuedAt: number
  /** Tokens issued before are revoked. */
  issuedFrom = 0
  readonly rates: ReturnType<typeof userRates>
  readonly profile: Pick<Identity, 'nickName' | 'profileUrl'>
  rooms = new Map<string, Viewer>()
  /** Whom they have blocked. */
  blocked: ReadonlySet<string> = new Set()
  /** When they were taken out of rooms (`updatedAt` of the room): an older answer does not bring them back. */
  private readonly removals = new Map<string, string>()
  /** Own messages that were acked here and that rooms has not confirmed: room → seq. */
  private readonly sent = new Map<string, number>()

  constructor({ userId, nickName, profileUrl, issuedAt }: Identity, limits: Limits) {
    this.userId = userId
    this.profile = {
      ...(nickName !== undefined && { nickName }),
      ...(profileUrl !== undefined && { profileUrl }),
    }
    this.issuedAt = issuedAt
    this.rates = userRates(limits)
  }

  caller(requestId: string): Caller {
    const caller: Caller = { userId: this.userId, requestId }
    if (this.sent.size > 0) caller.sent = [...this.sent]
    return caller
  }

  /** Takes in a membership, unless it ended since. @returns whether it stands */
  enter(roomId: string, viewer: Viewer): boolean {
    if (viewer.member.createdAt <= (this.removals.get(roomId) ?? '')) return false
    this.rooms.set(roomId, viewer)
    return true
  }

  /** A membership ended, unless another one has begun since. @returns whether they were in the room until now */
  exit(roomId: string, at: string): boolean {
    this.removals.set(roomId, at)
    const viewer = this.rooms.get(roomId)
    return viewer !== undefined && viewer.member.createdAt <= at && this.rooms.delete(roomId)
  }

  /** A send was acked: the own cursor stands there, at once. */
  noteSent(roomId: string, seq: number) {
    const viewer = this.rooms.get(roomId)
    if (viewer && viewer.readSeq >= seq) return
    if (viewer) viewer.readSeq = seq
    this.sent.set(roomId, Math.max(seq, this.sent.get(roomId) ?? 0))
  }

  /** Rooms has moved the cursor. */
  noteCursor(roomId: string, readSeq: number) {
    const viewer = this.rooms.get(roomId)
    if (viewer) viewer.readSeq = Math.max(viewer.readSeq, readSeq)
    if ((this.sent.get(roomId) ?? 0) <= readSeq) this.sent.delete(roomId)
  }

  emit(event: string, payload: unknown) {
    for (const socket of this.sockets) socket.emit(event, payload)
  }
}
