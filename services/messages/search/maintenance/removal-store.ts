import { messageId } from '@chat/contract'
import { type Connection, chunksOf, insertMissing, modelOf } from '@chat/service'
import type { Model } from 'mongoose'
import type { Entry } from '../segments/entry-chunk.ts'

/** What must leave the index: the states of a message before `version`, or everything of a room. */
export type Removal = {
  _id: string
  roomId: string
  /** Null for the whole room. */
  message: Omit<Entry, 'roomId'> | null
  /** Null while segments hold it. It is kept for some time after, since a segment with it may be about to be written. */
  appliedAt: Date | null
}

const KEEP_MS = 10 * 60_000
const MARK = 100

export const removalOf = ({ roomId, seq, createdAt, version }: Entry): Removal => ({
  _id: `${messageId(roomId, seq)}:${version}`,
  roomId,
  message: { seq, createdAt, version },
  appliedAt: null,
})
export const roomRemoval = (roomId: string): Removal => ({
  _id: roomId,
  roomId,
  message: null,
  appliedAt: null,
})

/** What must leave the index, until it has left all segments. */
export class RemovalStore {
  private readonly model: Model<Removal>

  constructor(connection: Connection) {
    this.model = modelOf(connection, 'searchRemovals', [{ appliedAt: 1 }])
  }

  async add(removals: Removal[]) {
    if (removals.length > 0) await insertMissing(this.model, removals)
  }

  applied(): Promise<Removal[]> {
    return this.model.find({ appliedAt: { $lte: new Date() } }).lean<Removal[]>()
  }

  pending(limit: number): Promise<Removal[]> {
    return this.model.find({ appliedAt: null }).limit(limit).lean<Removal[]>()
  }

  async markApplied(removals: readonly Removal[]) {
    for (const some of chunksOf(removals, MARK)) {
      const ids = some.map(({ _id }) => _id)
      await this.model.updateMany({ _id: { $in: ids } }, { $set: { appliedAt: new Date() } })
    }
  }

  /** Deletes what was applied long ago. */
  async deleteOld() {
    await this.model.deleteMany({ appliedAt: { $lt: new Date(Date.now() - KEEP_MS) } })
  }
}

/** Answers whether an entry is removed. */
export class Removals {
  readonly rooms = new Set<string>()
  /** When the messages were written of which something is removed. */
  readonly times: number[] = []
  private readonly versions = new Map<string, Map<number, number>>()

  constructor(removals: readonly Removal[] = []) {
    this.add(removals)
  }

  add(removals: readonly Removal[]) {
    for (const { roomId, message } of removals) {
      if (message) this.addMessage(roomId, message)
      else this.rooms.add(roomId)
    }
  }

  has = ({ roomId, seq, version }: Entry): boolean =>
    this.rooms.has(roomId) || version < (this.versions.get(roomId)?.get(seq) ?? 0)

  private addMessage(roomId: string, { seq, version, createdAt }: Omit<Entry, 'roomId'>) {
    const room = this.versions.get(roomId) ?? new Map<number, number>()
    room.set(seq, Math.max(version, room.get(seq) ?? 0))
    this.versions.set(roomId, room)
    this.times.push(createdAt)
  }
}
