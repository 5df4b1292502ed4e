import type { Database } from '@chat/service'
import { idsOf, type UserDoc } from './documents.ts'
import type { Models } from './models.ts'

type Seen = { seenAt: Date; checkAt: Date }
export type DueCheck = { _id: string; checkAt: Date }

/** Presences, in users' documents. Of several instances that see the same change, one gets the changed document. */
export class PresenceStore {
  private readonly users: Models['users']
  private readonly database: Database
  constructor({ users }: Models, database: Database) {
    this.users = users
    this.database = database
  }

  /** @returns the user if they were offline until now */
  async setOnline(userId: string, seen: Seen): Promise<UserDoc | null> {
    const offline = { _id: userId, online: { $ne: true } }
    const changed = { $set: { ...seen, online: true }, $inc: { turn: 1 } }
    return this.users.findOneAndUpdate(offline, changed, { returnDocument: 'after' }).lean()
  }

  /** @returns the user if nobody has set another check since */
  async setOffline(check: DueCheck): Promise<UserDoc | null> {
    const changed = { $set: { online: false }, $unset: { checkAt: 1 }, $inc: { turn: 1 } }
    return this.users.findOneAndUpdate(check, changed, { returnDocument: 'after' }).lean()
  }

  async setSeen(userIds: string[], seen: Seen): Promise<void> {
    for (const some of this.database.slices(userIds))
      await this.users.updateMany({ _id: { $in: some } }, { $set: seen })
  }

  async postpone(check: DueCheck, checkAt: Date): Promise<void> {
    await this.users.updateOne(check, { $set: { checkAt } })
  }

  offlineAmong = async (userIds: string[]): Promise<string[]> =>
    idsOf(await this.users.find({ _id: { $in: userIds }, online: { $ne: true } }, { _id: 1 }).lean())

  async due(limit: number): Promise<DueCheck[]> {
    const isDue = { checkAt: { $lte: new Date() } }
    return this.users.find(isDue, { checkAt: 1 }).limit(limit).lean<DueCheck[]>()
  }

  async seenAt(userIds: string[]): Promise<Map<string, Date | undefined>> {
    const found = await this.users.find({ _id: { $in: userIds } }, { seenAt: 1 }).lean()
    return new Map(found.map(({ _id, seenAt }) => [_id, seenAt]))
  }
}
