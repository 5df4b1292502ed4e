import type { Session } from '../connection/session.ts'

/** Who is blocked by anybody here: messages of others are written once for all. */
export class BlockCache {
  private readonly counts = new Map<string, number>()

  isBlocked(userId: string) {
    return this.counts.has(userId)
  }

  /** Everybody whom a session's user blocks from now on. */
  set(session: Session, userIds: string[]) {
    const blocked = new Set(userIds)
    for (const id of session.blocked) this.count(id, -1)
    for (const id of blocked) this.count(id, 1)
    session.blocked = blocked
  }

  private count(userId: string, difference: number) {
    const count = (this.counts.get(userId) ?? 0) + difference
    if (count > 0) this.counts.set(userId, count)
    else this.counts.delete(userId)
  }
}
