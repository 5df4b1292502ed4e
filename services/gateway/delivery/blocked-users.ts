import type { Session } from '../connection/session.ts'

/** Users whom anybody on this gateway has blocked. Messages of all others look the same to everybody. */
export class BlockedUsers {
  private readonly counts = new Map<string, number>()

  has(userId: string) {
    return this.counts.has(userId)
  }

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
