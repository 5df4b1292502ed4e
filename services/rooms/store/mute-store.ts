import { inRoom, type MuteDoc } from './documents.ts'
import type { Models, Transaction } from './models.ts'

/** The mutes of those who have left a room. */
export class MuteStore {
  private readonly mutes: Models['mutes']
  constructor({ mutes }: Models) {
    this.mutes = mutes
  }

  async put(mutes: MuteDoc[], transaction: Transaction): Promise<void> {
    if (mutes.length === 0) return
    await this.mutes.deleteMany({ _id: { $in: mutes.map(({ _id }) => _id) } }, { session: transaction })
    await this.mutes.insertMany(mutes, { session: transaction })
  }

  /** Removes the mutes of these memberships. @returns when each of them ends */
  async take(memberIds: string[], transaction: Transaction): Promise<Map<string, Date>> {
    const these = { _id: { $in: memberIds } }
    const found = await this.mutes.find(these, null, { session: transaction }).lean()
    if (found.length > 0) await this.mutes.deleteMany(these, { session: transaction })
    return new Map(found.map(({ _id, mutedUntil }) => [_id, mutedUntil]))
  }

  async removeRoom(roomId: string): Promise<void> {
    await this.mutes.deleteMany(inRoom(roomId))
  }
}
