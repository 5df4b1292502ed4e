import type { ClientSession } from 'mongoose'
import type { MemberDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'

/** Mutes of those who are out of a room: who leaves and comes back is as muted as before. */
export class Mutes {
  private readonly store: RoomStore
  constructor(store: RoomStore) {
    this.store = store
  }

  async keep(leaving: MemberDoc[], session: ClientSession): Promise<void> {
    const muted = leaving.flatMap(({ _id, userId, mutedUntil }) =>
      mutedUntil && mutedUntil.getTime() > Date.now() ? { _id, userId, mutedUntil } : [],
    )
    if (muted.length === 0) return
    await this.store.mutes.deleteMany({ _id: { $in: muted.map(({ _id }) => _id) } }, { session })
    await this.store.mutes.insertMany(muted, { session })
  }

  /** @returns the members as they come back */
  async restore(joining: MemberDoc[], session: ClientSession): Promise<MemberDoc[]> {
    const ids = { _id: { $in: joining.map(({ _id }) => _id) } }
    const kept = await this.store.mutes.find(ids, null, { session }).lean()
    if (kept.length === 0) return joining
    await this.store.mutes.deleteMany(ids, { session })
    const until = new Map(kept.map(({ _id, mutedUntil }) => [_id, mutedUntil]))
    return joining.map((member) => ({ ...member, mutedUntil: until.get(member._id) ?? null }))
  }
}
