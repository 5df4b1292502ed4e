import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Fault } from '@chat/contract'
import { isDuplicate } from '@chat/service'
import type { ClaimDoc, RoomDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'

/** The same link and the same set of people, in any order, as one key of fixed length. */
export const claimKey = (sid: string, userIds: string[]) =>
  createHash('sha256')
    .update(JSON.stringify([sid, ...[...new Set(userIds)].sort()]))
    .digest('hex')

/** How long a room may take to be made before someone else finishes it. */
const TAKE_OVER_MS = 3_000
const POLL_MS = 50

/**
 * One room for the same link and people. A claim is a document whose `_id` is that pair; claims are only ever
 * inserted and deleted, so the primary key decides a race.
 */
export class Claims {
  private readonly store: RoomStore
  /** Many may wait for one room: they share the question. */
  private readonly waiting = new Map<string, Promise<string>>()
  constructor(store: RoomStore) {
    this.store = store
  }

  /** @returns null where the key is ours now, else the claim that holds it */
  async take(key: string, roomId: string): Promise<ClaimDoc | null> {
    const holder = await this.find(key)
    if (holder) return holder
    try {
      await this.store.claims.insertOne({ _id: key, roomId, createdAt: new Date() })
      return null
    } catch (error) {
      if (!isDuplicate(error)) throw error
      return this.take(key, roomId)
    }
  }

  async find(key: string): Promise<ClaimDoc | null> {
    return this.store.claims.findById(key).lean()
  }

  async release(key: string, roomId: string): Promise<void> {
    await this.store.claims.deleteOne({ _id: key, roomId })
  }

  /** A claim outlives a crash between a change of people and its move: then it no longer speaks for its room. */
  async isStale({ _id, roomId }: ClaimDoc): Promise<boolean> {
    const room = await this.store.rooms.findOne({ _id: roomId, ready: true }).lean()
    if (!room) return false
    if (room.rules.isFreezed || !room.link) return true
    const members = await this.store.members.find({ roomId }, { userId: 1 }).lean()
    return (
      claimKey(
        room.link.sid,
        members.map((member) => member.userId),
      ) !== _id
    )
  }

  /**
   * Waits for a room that somebody else is making. @returns its id where they did not finish and it is ours to
   * @throws ROOM_ALREADY_EXISTS once it is there
   */
  takeOver(holder: ClaimDoc): Promise<string> {
    const known = this.waiting.get(holder.roomId)
    if (known) return known
    const waiting = this.whenMadeOrLate(holder).finally(() => this.waiting.delete(holder.roomId))
    this.waiting.set(holder.roomId, waiting)
    return waiting
  }

  private async whenMadeOrLate({ roomId, createdAt }: ClaimDoc): Promise<string> {
    const deadline = createdAt.getTime() + TAKE_OVER_MS
    for (;;) {
      const isReady = await this.store.rooms.exists({ _id: roomId, ready: true })
      if (isReady) throw new Fault('ROOM_ALREADY_EXISTS', { data: { roomId } })
      if (Date.now() > deadline) return roomId
      await delay(POLL_MS)
    }
  }

  /** Moves a room's claim after its people changed. Where the new key is taken, the room holds none. */
  async move(room: RoomDoc, before: string[], after: string[]): Promise<void> {
    if (!room.link || room.roomType !== 'GROUP') return
    if (!room.rules.isFreezed) await this.take(claimKey(room.link.sid, after), room._id)
    await this.release(claimKey(room.link.sid, before), room._id)
  }
}
