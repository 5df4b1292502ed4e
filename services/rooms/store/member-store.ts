import { chunksOf, insertMissing } from '@chat/service'
import {
  type BanDoc,
  idsOf,
  inRoom,
  type MemberDoc,
  type MuteDoc,
  memberId,
  type UserDoc,
  userIdsOf,
} from './documents.ts'
import type { Models, Transaction } from './models.ts'

/** So many are decoded in a few milliseconds. */
const READ_AT_ONCE = 100

/** Memberships, bans, and the mutes of users who have left. */
export class MemberStore {
  private readonly members: Models['members']
  private readonly bans: Models['bans']
  private readonly mutes: Models['mutes']
  constructor({ members, bans, mutes }: Models) {
    this.members = members
    this.bans = bans
    this.mutes = mutes
  }

  get = (roomId: string, userId: string): Promise<MemberDoc | null> =>
    this.members.findById(memberId(roomId, userId)).lean()

  async getMany(memberIds: string[]): Promise<MemberDoc[]> {
    const found: MemberDoc[] = []
    for (const ids of chunksOf(memberIds, READ_AT_ONCE))
      found.push(...(await this.members.find({ _id: { $in: ids } }).lean()))
    return found
  }

  /** A room's members, longest-standing first. */
  async ofRoom(roomId: string, transaction: Transaction): Promise<MemberDoc[]> {
    const members = await this.members.find(inRoom(roomId), null, { session: transaction }).lean()
    return members.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
  }

  userIdsOf = async (roomId: string): Promise<string[]> => userIdsOf(await this.pick([roomId]))

  async pick<K extends keyof MemberDoc>(roomIds: string[], ...fields: K[]) {
    const wanted = ['roomId', 'userId', ...fields]
    type Picked = Pick<MemberDoc, K | 'roomId' | 'userId'>
    return this.members.find({ roomId: { $in: roomIds } }, wanted).lean<Picked[]>()
  }

  newest = (roomId: string, limit: number): Promise<MemberDoc[]> =>
    this.members.find({ roomId }).sort({ createdAt: -1 }).limit(limit).lean()

  /** In the order of the users' ids. */
  page = (roomId: string, afterUserId: string, limit: number): Promise<MemberDoc[]> =>
    this.members.find(inRoom(roomId, afterUserId)).sort({ _id: 1 }).limit(limit).lean()

  /** A room's members, longest-standing first, each with their directory entry if there is one. */
  async withProfiles(roomId: string): Promise<(MemberDoc & { users: UserDoc[] })[]> {
    return this.members.aggregate([
      { $match: { roomId } },
      { $sort: { createdAt: 1 } },
      { $lookup: { from: 'users', localField: 'userId', foreignField: '_id', as: 'users' } },
    ])
  }

  ofUser = (userId: string, roomId?: string): Promise<MemberDoc[]> =>
    this.members.find({ userId, ...(roomId !== undefined && { roomId }) }).lean()

  ofUsers = (userIds: string[]): Promise<Pick<MemberDoc, 'roomId' | 'userId' | 'master'>[]> =>
    this.members.find({ userId: { $in: userIds } }, { roomId: 1, userId: 1, master: 1 }).lean()

  /** A user's memberships in the order of the rooms' ids. */
  async pageOfUser(userId: string, afterRoomId: string, limit: number): Promise<MemberDoc[]> {
    const later = { userId, roomId: { $gt: afterRoomId } }
    return this.members.find(later).sort({ roomId: 1 }).limit(limit).lean()
  }

  async add(members: MemberDoc[], transaction: Transaction): Promise<void> {
    await this.members.insertMany(members, { session: transaction })
  }

  async addMissing(members: MemberDoc[]): Promise<void> {
    await insertMissing(this.members, members)
  }

  async update(members: MemberDoc[], fields: Partial<MemberDoc>, transaction: Transaction): Promise<void> {
    if (members.length > 0)
      await this.members.updateMany(these(members), { $set: fields }, { session: transaction })
  }

  async remove(members: MemberDoc[], transaction?: Transaction): Promise<void> {
    await this.members.deleteMany(these(members), transaction ? { session: transaction } : {})
  }

  /** Removes a room's members last. */
  async removeRoom(roomId: string): Promise<void> {
    for (const { collection } of [this.bans, this.mutes, this.members])
      await collection.deleteMany(inRoom(roomId) as object)
  }

  /** Without `alarmOn`, the alarm is switched over. @returns null if there is no such member, else how it is now */
  async switchAlarm(memberId: string, alarmOn?: boolean): Promise<boolean | null> {
    const changed = await this.members.collection.findOneAndUpdate(
      { _id: memberId as never },
      [{ $set: { alarmOn: alarmOn ?? { $not: ['$alarmOn'] } } }],
      { returnDocument: 'after' },
    )
    return changed && (changed.alarmOn as boolean)
  }

  async bannedAmong(roomId: string, userIds: string[], session: Transaction | null = null) {
    return new Set(userIdsOf(await this.bans.find(bansOf(roomId, userIds), null, { session }).lean()))
  }

  /** In the order of the users' ids. */
  pageOfBans = (roomId: string, afterUserId: string, limit: number): Promise<BanDoc[]> =>
    this.bans.find(inRoom(roomId, afterUserId)).sort({ _id: 1 }).limit(limit).lean()

  /** Replaces existing bans, so that `createdAt` is that of the latest. */
  async ban(roomId: string, userIds: string[], session: Transaction): Promise<void> {
    const createdAt = new Date()
    const bans = userIds.map((userId) => ({ _id: memberId(roomId, userId), roomId, userId, createdAt }))
    await this.bans.deleteMany(these(bans), { session })
    await this.bans.insertMany(bans, { session })
  }

  async unban(roomId: string, userIds: string[]): Promise<void> {
    await this.bans.deleteMany(bansOf(roomId, userIds))
  }

  /** Keeps the mutes of leaving members: who comes back is as muted as before. */
  async putMutes(members: (MemberDoc & MuteDoc)[], session: Transaction): Promise<void> {
    if (members.length === 0) return
    const mutes = members.map(({ _id, userId, mutedUntil }) => ({ _id, userId, mutedUntil }))
    await this.mutes.deleteMany(these(mutes), { session })
    await this.mutes.insertMany(mutes, { session })
  }

  /** Removes the mutes that are kept for these members. @returns the members with their mutes */
  async restoreMutes(members: MemberDoc[], session: Transaction): Promise<MemberDoc[]> {
    const found = await this.mutes.find(these(members), null, { session }).lean()
    if (found.length > 0) await this.mutes.deleteMany(these(members), { session })
    const until = new Map(found.map(({ _id, mutedUntil }) => [_id, mutedUntil]))
    return members.map((member) => ({ ...member, mutedUntil: until.get(member._id) ?? null }))
  }
}

const these = (docs: { _id: string }[]) => ({ _id: { $in: idsOf(docs) } })

const bansOf = (roomId: string, userIds: string[]) => ({
  _id: { $in: userIds.map((userId) => memberId(roomId, userId)) },
})
