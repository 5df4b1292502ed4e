import { insertMissing } from '@chat/service'
import { idsOf, inRoom, type MemberDoc, memberId, type UserDoc, userIdsOf } from './documents.ts'
import type { Models, Transaction } from './models.ts'

/** Memberships: one document for each member of each room. */
export class MemberStore {
  private readonly members: Models['members']
  constructor({ members }: Models) {
    this.members = members
  }

  async get(roomId: string, userId: string): Promise<MemberDoc | null> {
    return this.members.findById(memberId(roomId, userId)).lean()
  }

  async getMany(memberIds: string[]): Promise<MemberDoc[]> {
    return this.members.find({ _id: { $in: memberIds } }).lean()
  }

  /** A room's members, longest-standing first. */
  async ofRoom(roomId: string, transaction: Transaction): Promise<MemberDoc[]> {
    const members = await this.members.find(inRoom(roomId), null, { session: transaction }).lean()
    return members.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
  }

  async userIdsOf(roomId: string): Promise<string[]> {
    return userIdsOf(await this.pick([roomId]))
  }

  /** Members of these rooms with some of their fields. */
  async pick<K extends keyof MemberDoc>(roomIds: string[], ...fields: K[]) {
    const wanted = ['roomId', 'userId', ...fields]
    type Picked = Pick<MemberDoc, K | 'roomId' | 'userId'>
    return this.members.find({ roomId: { $in: roomIds } }, wanted).lean<Picked[]>()
  }

  async newest(roomId: string, limit: number): Promise<MemberDoc[]> {
    return this.members.find({ roomId }).sort({ createdAt: -1 }).limit(limit).lean()
  }

  /** In the order of the users' ids. */
  async page(roomId: string, afterUserId: string, limit: number): Promise<MemberDoc[]> {
    return this.members.find(inRoom(roomId, afterUserId)).sort({ _id: 1 }).limit(limit).lean()
  }

  /** A room's members, longest-standing first, each with their directory entry if there is one. */
  async withProfiles(roomId: string): Promise<(MemberDoc & { users: UserDoc[] })[]> {
    return this.members.aggregate([
      { $match: { roomId } },
      { $sort: { createdAt: 1 } },
      { $lookup: { from: 'users', localField: 'userId', foreignField: '_id', as: 'users' } },
    ])
  }

  /** All memberships of a user, or the one in this room. */
  async ofUser(userId: string, roomId?: string): Promise<MemberDoc[]> {
    return this.members.find({ userId, ...(roomId !== undefined && { roomId }) }).lean()
  }

  async ofUsers(userIds: string[]): Promise<Pick<MemberDoc, 'roomId' | 'userId' | 'master'>[]> {
    return this.members.find({ userId: { $in: userIds } }, { roomId: 1, userId: 1, master: 1 }).lean()
  }

  /** A user's memberships in the order of the rooms' ids. */
  async pageOfUser(userId: string, afterRoomId: string, limit: number): Promise<MemberDoc[]> {
    const later = { userId, roomId: { $gt: afterRoomId } }
    return this.members.find(later).sort({ roomId: 1 }).limit(limit).lean()
  }

  async countOfUser(userId: string): Promise<number> {
    return this.members.countDocuments({ userId })
  }

  async add(members: MemberDoc[], transaction: Transaction): Promise<void> {
    await this.members.insertMany(members, { session: transaction })
  }

  /** Those that there are already stay as they are. */
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

  async removeRoom(roomId: string): Promise<void> {
    await this.members.deleteMany(inRoom(roomId))
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

  /** Moves a cursor forward, never back. @returns where it was */
  async moveCursor({ _id, readSeq }: MemberDoc, seq: number): Promise<number> {
    const behind = { _id, readSeq: { $lt: seq } }
    const before = await this.members.findOneAndUpdate(behind, { $set: { readSeq: seq } }).lean()
    return before?.readSeq ?? Math.max(readSeq, seq)
  }
}

const these = (members: MemberDoc[]) => ({ _id: { $in: idsOf(members) } })
