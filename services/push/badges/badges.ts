import { AnswerCache, type Bus, chunksOf } from '@chat/service'

type Arrival = { userId: string; roomId: string; seq: number }
/** The unread messages of a user; of some rooms, up to which `seq` it counts. */
type Count = { unread: number; seqs: Map<string, number> }

const USERS_PER_REQUEST = 500
const MAX_COUNTS = 10_000

/** How many messages users have not read in all their rooms. A count is reused for a while: new messages are added to it. */
export class Badges {
  private readonly bus: Bus
  private readonly counts: AnswerCache<Count>

  constructor(bus: Bus, maxAgeMs: number) {
    this.bus = bus
    this.counts = new AnswerCache(MAX_COUNTS, maxAgeMs)
  }

  /** Counts of these users that include these messages, even those that rooms has not handled yet. */
  async including(arrivals: Arrival[]): Promise<Map<string, number>> {
    const byUser = Map.groupBy(arrivals, ({ userId }) => userId)
    const counts = await this.read([...byUser.keys()], latestSeqs(arrivals))
    return new Map(counts.map(([userId, count]) => [userId, add(count, byUser.get(userId) ?? [])]))
  }

  async recount(userIds: string[]): Promise<Map<string, number>> {
    for (const userId of userIds) this.counts.delete(userId)
    const counts = await this.read(userIds, new Map())
    return new Map(counts.map(([userId, { unread }]) => [userId, unread]))
  }

  private read(userIds: string[], seqs: Count['seqs']): Promise<[userId: string, Count][]> {
    const missing: string[] = []
    const counting = Promise.withResolvers<Map<string, number>>()
    const countOf = async (userId: string): Promise<Count> => {
      missing.push(userId)
      return { unread: (await counting.promise).get(userId) ?? 0, seqs: new Map(seqs) }
    }
    const reads = userIds.map(async (userId): Promise<[string, Count]> => {
      return [userId, await this.counts.of(userId, () => countOf(userId))]
    })
    counting.resolve(this.ask(missing, seqs))
    return Promise.all(reads)
  }

  private async ask(userIds: string[], seqs: Count['seqs']): Promise<Map<string, number>> {
    const lastSeqs = [...seqs].map(([roomId, seq]) => ({ roomId, seq }))
    const unread = new Map<string, number>()
    for (const chunk of chunksOf(userIds, USERS_PER_REQUEST)) {
      const caller = { userId: '', requestId: crypto.randomUUID() }
      const { badges } = await this.bus.ask('countBadges', caller, { userIds: chunk, lastSeqs })
      for (const badge of badges) unread.set(badge.userId, badge.unread)
    }
    return unread
  }
}

function latestSeqs(arrivals: Arrival[]): Count['seqs'] {
  const seqs: Count['seqs'] = new Map()
  for (const { roomId, seq } of arrivals) seqs.set(roomId, Math.max(seq, seqs.get(roomId) ?? 0))
  return seqs
}

function add(count: Count, arrivals: Arrival[]): number {
  for (const { roomId, seq } of arrivals) {
    const counted = count.seqs.get(roomId) ?? seq - 1
    count.unread += Math.max(0, seq - counted)
    count.seqs.set(roomId, Math.max(seq, counted))
  }
  return count.unread
}
