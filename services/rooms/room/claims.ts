import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Fault } from '@chat/contract'
import { type ClaimDoc, type RoomDoc, userIdsOf } from '../store/documents.ts'
import type { Store } from '../store/store.ts'

type Members = { userId: string }[]

/** A link and a set of users, in any order, as one key of fixed length. */
export const claimKey = (sid: string, userIds: string[]) =>
  createHash('sha256')
    .update(JSON.stringify([sid, ...[...new Set(userIds)].sort()]))
    .digest('hex')

export const claimKeyOf = ({ link, roomType }: Pick<RoomDoc, 'link' | 'roomType'>, members: Members) =>
  link && roomType === 'GROUP' ? claimKey(link.sid, userIdsOf(members)) : null

/** How long a room may take to be made before somebody else finishes it. */
const TAKE_OVER_MS = 3_000
const POLL_MS = 50

/** One room for the same link and users: the room that holds the claim of that pair. */
export class Claims {
  private readonly store: Store
  /** Requests that wait for the same room share the polling; by room. */
  private readonly waiting = new Map<string, Promise<string>>()
  constructor(store: Store) {
    this.store = store
  }

  /** A claim outlives a crash between a change of members and the move of the claim. Then it is stale. */
  async isStale({ _id, roomId }: ClaimDoc): Promise<boolean> {
    const room = await this.store.rooms.get(roomId)
    if (!room) return false
    if (room.rules.isFreezed || !room.link) return true
    return claimKey(room.link.sid, await this.store.members.userIdsOf(roomId)) !== _id
  }

  /** @returns the id of a room that another request makes too slowly @throws ROOM_ALREADY_EXISTS once it is ready */
  takeOver(holder: ClaimDoc): Promise<string> {
    const known = this.waiting.get(holder.roomId)
    if (known) return known
    const waiting = this.whenReadyOrLate(holder).finally(() => this.waiting.delete(holder.roomId))
    this.waiting.set(holder.roomId, waiting)
    return waiting
  }

  private async whenReadyOrLate({ roomId, createdAt }: ClaimDoc): Promise<string> {
    const deadline = createdAt.getTime() + TAKE_OVER_MS
    for (;;) {
      if (await this.store.rooms.get(roomId)) throw new Fault('ROOM_ALREADY_EXISTS', { data: { roomId } })
      if (Date.now() > deadline) return roomId
      await delay(POLL_MS)
    }
  }

  /** After a change of members or of `isFreezed`. A frozen room holds none, nor does one whose new key is taken. */
  async move(room: RoomDoc, before: Members, after: Members): Promise<void> {
    const [oldKey, key] = [claimKeyOf(room, before), claimKeyOf(room, after)]
    if (key !== null && !room.rules.isFreezed) await this.store.rooms.takeClaim(key, room._id)
    if (oldKey !== null && (oldKey !== key || room.rules.isFreezed))
      await this.store.rooms.releaseClaim(oldKey, room._id)
  }
}
