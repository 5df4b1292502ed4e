import { Fault } from '@chat/contract'
import type { MemberDoc, RoomDoc, Store } from './store.ts'
import { memberId } from './store.ts'

const HEADS = 20

export type Joiner = { userId: string; master: boolean }

const newMember = (roomId: string, joiner: Joiner, readSeq: number, createdAt: Date): MemberDoc => ({
  _id: memberId(roomId, joiner.userId),
  roomId,
  userId: joiner.userId,
  master: joiner.master,
  alarmOn: true,
  readSeq,
  createdAt,
})

/**
 * Memberships that begin together, in the order given: each a millisecond after the one before, the last one now,
 * so that "newest" and "longest-standing" mean something among them.
 */
export function newMembers(roomId: string, joiners: Joiner[], readSeq: number, now: Date): MemberDoc[] {
  const first = now.getTime() - joiners.length + 1
  return joiners.map((joiner, index) => newMember(roomId, joiner, readSeq, new Date(first + index)))
}

/** Who lists show of a room with these members, oldest first: up to 20 masters and the 20 newest. */
export function headsOf(members: Joiner[]): string[] {
  const masters = members.filter((member) => member.master).slice(0, HEADS)
  return [...new Set([...masters, ...members.slice(-HEADS)].map((member) => member.userId))]
}

/** Memberships as documents of their own. */
export class Members {
  private readonly store: Store
  private readonly maxMembers: number
  constructor(store: Store, maxMembers: number) {
    this.store = store
    this.maxMembers = maxMembers
  }

  /** @throws ROOM_NO_EXISTS where the room is not ready or the user is not in it */
  async require(roomId: string, userId: string): Promise<{ room: RoomDoc; member: MemberDoc }> {
    const [room, member] = await Promise.all([
      this.store.rooms.findOne({ _id: roomId, ready: true }).lean(),
      this.store.members.findById(memberId(roomId, userId)).lean(),
    ])
    if (!room || !member) throw new Fault('ROOM_NO_EXISTS')
    return { room, member }
  }

  requireSpace(count: number) {
    if (count > this.maxMembers) throw new Fault('ROOM_IS_FULL')
  }

  async ofUser(userId: string, roomId?: string): Promise<MemberDoc[]> {
    return this.store.members.find({ userId, ...(roomId !== undefined && { roomId }) }).lean()
  }

  async idsOf(roomId: string): Promise<string[]> {
    const members = await this.store.members.find({ roomId }, { userId: 1 }).lean()
    return members.map((member) => member.userId)
  }

  /**
   * Adds those who are not in yet; members and count change together or not at all.
   * @returns who was added @throws ROOM_IS_FULL
   */
  async add(room: RoomDoc, joiners: Joiner[], readSeq: number): Promise<string[]> {
    const added = await this.store.transaction(async (session) => {
      const present = new Set(
        (await this.store.members.find({ roomId: room._id }, { userId: 1 }, { session }).lean()).map(
          (m) => m.userId,
        ),
      )
      const fresh = joiners.filter((joiner) => !present.has(joiner.userId))
      if (fresh.length === 0) return []
      this.requireSpace(present.size + fresh.length)
      const now = new Date()
      await this.store.rooms.updateOne(
        { _id: room._id },
        { $inc: { memberCount: fresh.length }, $set: { updatedAt: now } },
        { session },
      )
      await this.store.members.insertMany(newMembers(room._id, fresh, readSeq, now), { session })
      return fresh.map((joiner) => joiner.userId)
    })
    if (added.length > 0) await this.refreshHeads(room._id)
    return added
  }

  private async refreshHeads(roomId: string) {
    const { members, rooms } = this.store
    const [masters, newest] = await Promise.all([
      members.find({ roomId, master: true }).sort({ createdAt: 1 }).limit(HEADS).lean(),
      members.find({ roomId }).sort({ createdAt: -1 }).limit(HEADS).lean(),
    ])
    await rooms.updateOne({ _id: roomId }, { $set: { heads: headsOf([...masters, ...newest.reverse()]) } })
  }

  /** Moves a cursor forward, never back. @returns where it was */
  async moveCursor(member: MemberDoc, seq: number): Promise<number> {
    const before = await this.store.members
      .findOneAndUpdate({ _id: member._id, readSeq: { $lt: seq } }, { $set: { readSeq: seq } })
      .lean()
    return before?.readSeq ?? Math.max(member.readSeq, seq)
  }
}
