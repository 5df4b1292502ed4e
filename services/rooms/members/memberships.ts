import { Fault, type RoomHappening } from '@chat/contract'
import type { ClientSession } from 'mongoose'
import type { RoomEventOutbox } from '../room/room-event-outbox.ts'
import { type MemberDoc, memberId, ofRoom, type RoomDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'

const HEADS = 20

export type Joiner = { userId: string; master: boolean }

const newMember = (roomId: string, joiner: Joiner, readSeq: number, createdAt: Date): MemberDoc => ({
  _id: memberId(roomId, joiner.userId),
  roomId,
  userId: joiner.userId,
  master: joiner.master,
  alarmOn: true,
  readSeq,
  joinSeq: readSeq,
  mutedUntil: null,
  createdAt,
})

/**
 * Memberships that begin together, in the order given: the first at `first`, each a millisecond after the one before,
 * so that "newest" and "longest-standing" mean something among them.
 */
export const newMembers = (roomId: string, joiners: Joiner[], readSeq: number, first: Date): MemberDoc[] =>
  joiners.map((joiner, index) => newMember(roomId, joiner, readSeq, new Date(first.getTime() + index)))

/** Who lists show of a room with these members, oldest first: up to 20 masters and the 20 newest. */
export function headsOf(members: Joiner[]): string[] {
  const masters = members.filter((member) => member.master).slice(0, HEADS)
  return [...new Set([...masters, ...members.slice(-HEADS)].map((member) => member.userId))]
}

const byAge = (a: MemberDoc, b: MemberDoc) => a.createdAt.getTime() - b.createdAt.getTime()

/** A room and its people, oldest member first, as a change of them finds them. */
export type Scene = { room: RoomDoc; people: MemberDoc[]; session: ClientSession }
/**
 * How a change leaves them: everybody who is in now, what changes of the room itself, what there is to tell, and what
 * has happened, for those outside.
 */
export type Outcome<T> = {
  people: MemberDoc[]
  fields?: Record<string, unknown>
  told: T
  happened?: (room: RoomDoc) => RoomHappening[]
}
export type Changed<T> = { room: RoomDoc; before: MemberDoc[]; people: MemberDoc[]; told: T }

/** Memberships as documents of their own. */
export class Memberships {
  private readonly store: RoomStore
  private readonly facts: RoomEventOutbox
  private readonly maxMembers: number
  constructor(store: RoomStore, facts: RoomEventOutbox, maxMembers: number) {
    this.store = store
    this.facts = facts
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

  /** For those who need not be in it. @throws ROOM_NO_EXISTS */
  async requireRoom(roomId: string): Promise<RoomDoc> {
    const room = await this.store.rooms.findOne({ _id: roomId, ready: true }).lean()
    if (!room) throw new Fault('ROOM_NO_EXISTS')
    return room
  }

  /** @throws ROOM_NO_EXISTS, USER_IS_NOT_MASTER */
  async requireMaster(roomId: string, userId: string): Promise<{ room: RoomDoc; member: MemberDoc }> {
    const found = await this.require(roomId, userId)
    if (!found.member.master) throw new Fault('USER_IS_NOT_MASTER')
    return found
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
   * Changes a room and its people as one transaction. It writes the room itself, so that of two changes at once one is
   * done again with what the other left: rules that look at everybody (one master remains) hold. `updatedAt` grows
   * with every change, and no member begins before it, so that a departure is told from a later return.
   */
  async change<T>(
    roomId: string,
    work: (scene: Scene, now: Date) => Promise<Outcome<T>>,
  ): Promise<Changed<T>> {
    const outcome = await this.store.transaction(async (session) => {
      const room = await this.store.rooms.findOne({ _id: roomId, ready: true }, null, { session }).lean()
      if (!room) throw new Fault('ROOM_NO_EXISTS')
      const before = await this.store.members.find(ofRoom(roomId), null, { session }).lean()
      before.sort(byAge)
      const now = new Date(Math.max(Date.now(), room.updatedAt.getTime() + 1))
      const { people, fields, told, happened } = await work({ room, people: before, session }, now)
      const updatedAt = new Date(Math.max(now.getTime(), people.at(-1)?.createdAt.getTime() ?? 0))
      const changes = { ...fields, memberCount: people.length, heads: headsOf(people), updatedAt }
      const changed = (await this.store.rooms
        .findOneAndUpdate({ _id: roomId }, { $set: changes }, { session, returnDocument: 'after' })
        .lean()) as RoomDoc
      await this.facts.note(changed, happened?.(changed) ?? [], session)
      return { room: changed, before, people, told }
    })
    this.facts.publish(roomId)
    return outcome
  }

  /** Moves a cursor forward, never back. @returns where it was */
  async moveCursor(member: MemberDoc, seq: number): Promise<number> {
    const before = await this.store.members
      .findOneAndUpdate({ _id: member._id, readSeq: { $lt: seq } }, { $set: { readSeq: seq } })
      .lean()
    return before?.readSeq ?? Math.max(member.readSeq, seq)
  }
}
