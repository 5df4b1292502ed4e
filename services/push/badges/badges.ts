import type { Bus } from '@chat/service'

/** A message that somebody is told of. */
export type News = { userId: string; roomId: string; seq: number }
type Counted = { at: number; unread: number; seqs: Map<string, number> }

const AT_ONCE = 500
/** More than that and those that are too old to be used are forgotten. */
const REMEMBERED = 10_000

/**
 * What each user has not read in all of their rooms. It is counted at most every so often for each of them: in between
 * what comes is added to it.
 */
export class Badges {
  private readonly bus: Bus
  private readonly freshMs: number
  private readonly counted = new Map<string, Counted>()
  constructor(bus: Bus, freshMs: number) {
    this.bus = bus
    this.freshMs = freshMs
  }

  /** With these messages, which rooms may not have heard of yet. */
  async with(news: News[]): Promise<Map<string, number>> {
    const byUser = Map.groupBy(news, ({ userId }) => userId)
    const isFresh = (userId: string) => this.ageOf(userId) < this.freshMs
    for (const [userId, own] of byUser) if (isFresh(userId)) this.add(userId, own)
    const stale = [...byUser.keys()].filter((userId) => !isFresh(userId))
    await this.count(stale, news)
    return new Map([...byUser.keys()].map((userId) => [userId, this.counted.get(userId)?.unread ?? 0]))
  }

  /** Counted anew. */
  async now(userIds: string[]): Promise<Map<string, number>> {
    await this.count(userIds, [])
    return new Map(userIds.map((userId) => [userId, this.counted.get(userId)?.unread ?? 0]))
  }

  private ageOf(userId: string): number {
    return performance.now() - (this.counted.get(userId)?.at ?? Number.NEGATIVE_INFINITY)
  }

  private add(userId: string, news: News[]) {
    const counted = this.counted.get(userId) as Counted
    for (const { roomId, seq } of news) {
      const known = counted.seqs.get(roomId) ?? seq - 1
      counted.unread += Math.max(0, seq - known)
      counted.seqs.set(roomId, Math.max(seq, known))
    }
  }

  private async count(userIds: string[], news: News[]) {
    this.forget()
    const seqs = new Map<string, number>()
    for (const { roomId, seq } of news) seqs.set(roomId, Math.max(seq, seqs.get(roomId) ?? 0))
    const lastSeqs = [...seqs].map(([roomId, seq]) => ({ roomId, seq }))
    for (let start = 0; start < userIds.length; start += AT_ONCE) {
      const some = userIds.slice(start, start + AT_ONCE)
      const at = performance.now()
      const caller = { userId: '', requestId: crypto.randomUUID() }
      const { badges } = await this.bus.ask('countBadges', caller, { userIds: some, lastSeqs })
      const unread = new Map(badges.map((badge) => [badge.userId, badge.unread]))
      for (const userId of some)
        this.counted.set(userId, { at, unread: unread.get(userId) ?? 0, seqs: new Map(seqs) })
    }
  }

  private forget() {
    if (this.counted.size <= REMEMBERED) return
    for (const userId of this.counted.keys())
      if (this.ageOf(userId) >= this.freshMs) this.counted.delete(userId)
  }
}
