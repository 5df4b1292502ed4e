import { insertMissing } from '@chat/service'
import type { ClaimDoc } from './documents.ts'
import type { Models } from './models.ts'

/** Claims are only inserted and deleted, so the primary key decides a race. */
export class ClaimStore {
  private readonly claims: Models['claims']
  constructor({ claims }: Models) {
    this.claims = claims
  }

  async find(key: string): Promise<ClaimDoc | null> {
    return this.claims.findById(key).lean()
  }

  /** @returns the claim that holds the key, or null if the room holds it from now on */
  async take(key: string, roomId: string): Promise<ClaimDoc | null> {
    const holder = await this.find(key)
    if (holder) return holder
    const taken = await insertMissing(this.claims, [{ _id: key, roomId, createdAt: new Date() }])
    return taken.length === 0 ? null : this.take(key, roomId)
  }

  async release(key: string, roomId: string): Promise<void> {
    await this.claims.deleteOne({ _id: key, roomId })
  }
}
