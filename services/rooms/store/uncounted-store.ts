import { insertMissing } from '@chat/service'
import type { Mark, UncountedDoc } from './documents.ts'
import type { Models } from './models.ts'

/** Each room's uncounted messages: one document per room (collection `gone`). */
export class UncountedStore {
  private readonly uncounted: Models['uncounted']
  constructor({ uncounted }: Models) {
    this.uncounted = uncounted
  }

  async get(roomId: string): Promise<UncountedDoc | null> {
    return this.uncounted.findById(roomId).lean()
  }

  /** The marks of these rooms, ascending by seq. Rooms without any are left out. */
  async marksOf(roomIds: string[]): Promise<Map<string, Mark[]>> {
    if (roomIds.length === 0) return new Map()
    const found = await this.uncounted.find({ _id: { $in: roomIds } }).lean()
    return new Map(found.map(({ _id, marks }) => [_id, marks]))
  }

  /** @returns false if somebody else has written since `known` was read */
  async write(roomId: string, known: UncountedDoc | null, marks: Mark[]): Promise<boolean> {
    if (!known)
      return (await insertMissing(this.uncounted, [{ _id: roomId, version: 1, marks }])).length === 0
    const { version } = known
    const { matchedCount } = await this.uncounted.updateOne(
      { _id: roomId, version },
      { $set: { marks, version: version + 1 } },
    )
    return matchedCount > 0
  }

  async remove(roomId: string): Promise<void> {
    await this.uncounted.deleteOne({ _id: roomId })
  }
}
