import { type BanDoc, inRoom, memberId } from './documents.ts'
import type { Models, Transaction } from './models.ts'

/** Who may not be invited to a room. */
export class BanStore {
  private readonly bans: Models['bans']
  constructor({ bans }: Models) {
    this.bans = bans
  }

  /** The banned ones of these users. */
  async among(roomId: string, userIds: string[], transaction?: Transaction): Promise<Set<string>> {
    const found = await this.bans.find(these(roomId, userIds), null, { session: transaction ?? null }).lean()
    return new Set(found.map(({ userId }) => userId))
  }

  /** In the order of their ids. */
  async page(roomId: string, after: string, limit: number): Promise<BanDoc[]> {
    return this.bans.find(inRoom(roomId, after)).sort({ _id: 1 }).limit(limit).lean()
  }

  /** Replaces existing bans, so that `createdAt` is that of the latest. */
  async add(roomId: string, userIds: string[], transaction: Transaction): Promise<void> {
    const createdAt = new Date()
    const bans = userIds.map((userId) => ({ _id: memberId(roomId, userId), roomId, userId, createdAt }))
    await this.bans.deleteMany(these(roomId, userIds), { session: transaction })
    await this.bans.insertMany(bans, { session: transaction })
  }

  async remove(roomId: string, userIds: string[]): Promise<void> {
    await this.bans.deleteMany(these(roomId, userIds))
  }

  async removeRoom(roomId: string): Promise<void> {
    await this.bans.deleteMany(inRoom(roomId))
  }
}

const these = (roomId: string, userIds: string[]) => ({
  _id: { $in: userIds.map((userId) => memberId(roomId, userId)) },
})
