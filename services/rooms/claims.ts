import { createHash } from 'node:crypto'
import type { ClaimDoc, RoomDoc, Store } from './store.ts'
import { isDuplicate } from './store.ts'

/** The same link and the same set of people, in any order, as one key of fixed length. */
export const claimKey = (sid: string, userIds: string[]) =>
  createHash('sha256')
    .update(JSON.stringify([sid, ...[...new Set(userIds)].sort()]))
    .digest('hex')

/**
 * One room for the same link and people. A claim is a document whose `_id` is that pair; claims are only ever
 * inserted and deleted, so the primary key decides a race.
 */
export class Claims {
  private readonly store: Store
  constructor(store: Store) {
    this.store = store
  }

  /** @returns null where the key is ours now, else the claim that holds it */
  async take(key: string, roomId: string): Promise<ClaimDoc | null> {
    try {
      await this.store.claims.insertOne({ _id: key, roomId, createdAt: new Date() })
      return null
    } catch (error) {
      if (!isDuplicate(error)) throw error
      const holder = await this.store.claims.findById(key).lean()
      return holder ?? this.take(key, roomId)
    }
  }

  async find(key: string): Promise<ClaimDoc | null> {
    return this.store.claims.findById(key).lean()
  }

  async release(key: string, roomId: string): Promise<void> {
    await this.store.claims.deleteOne({ _id: key, roomId })
  }

  /** Moves a room's claim after its people changed. Where the new key is taken, the room holds none. */
  async move(room: RoomDoc, before: string[], after: string[]): Promise<void> {
    if (!room.link || room.roomType !== 'GROUP') return
    if (!room.rules.isFreezed) await this.take(claimKey(room.link.sid, after), room._id)
    await this.release(claimKey(room.link.sid, before), room._id)
  }
}
