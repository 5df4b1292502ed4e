import { type Connection, chunksOf, modelOf } from '@chat/service'
import { type Model, mongo } from 'mongoose'
import { type Part, partId, type Segment } from './segment.ts'

/**
 * `writing`: its parts are being written. `ready`: searches read it. `dropped`: it is about to be deleted, when nobody
 * reads it any more.
 */
type State = 'writing' | 'ready' | 'dropped'
const STATES: State[] = ['writing', 'ready', 'dropped']
type Maker = 'writer' | 'merge'
/** All but `_id`, `state` and `maker` are missing until it is ready. */
type StoredSegment = Segment & { state: State; maker: Maker }
type StoredPart = { _id: string; data: Buffer }

/** Parts in one insert: few enough that other requests wait a few milliseconds at most. */
const INSERT = 8

/** Parts of a segment were read after it had been replaced: read the list of segments again. */
export class SegmentGone extends Error {
  override name = 'SegmentGone'
}

/**
 * The segments of the index. A segment becomes ready by one write, after its parts, and that write takes the segments
 * which it replaces out of the index as well.
 */
export class SegmentStore {
  private readonly segments: Model<StoredSegment>
  private readonly parts: Model<StoredPart>

  constructor(connection: Connection) {
    this.segments = modelOf(connection, 'searchSegments', [{ state: 1 }])
    this.parts = modelOf(connection, 'searchParts')
  }

  /** @returns the id of a segment that is not ready, so that its parts are found if this process dies */
  async begin(maker: Maker): Promise<string> {
    const _id = new mongo.ObjectId().toHexString()
    await this.segments.collection.insertOne({ _id: _id as never, state: 'writing', maker })
    return _id
  }

  async put(segmentId: string, parts: readonly Part[]) {
    for (const some of chunksOf(parts, INSERT)) {
      const docs = some.map(({ name, data }) => ({ _id: partId(segmentId, name), data }))
      await this.parts.collection.insertMany(docs as never[], { ordered: false })
    }
  }

  /** @returns false when it was dropped meanwhile, since its writer was too slow */
  async commit({ _id, ...segment }: Segment): Promise<boolean> {
    const ready = { ...segment, state: 'ready' as const }
    const { matchedCount } = await this.segments.updateOne({ _id, state: 'writing' }, { $set: ready })
    if (matchedCount === 0) await this.parts.deleteMany(partsOf(_id))
    return matchedCount === 1
  }

  /** The segments that make up the index. */
  async ready(): Promise<Segment[]> {
    return withoutReplaced(await this.segments.find({ state: 'ready' }).lean<Segment[]>())
  }

  /** All segments: those that make up the index, and the ids of the others. */
  async all() {
    const all = await this.segments.find({ state: { $in: STATES } }).lean<StoredSegment[]>()
    const idsOf = (state: State, maker?: Maker) =>
      all.flatMap((each) => (each.state === state && each.maker === (maker ?? each.maker) ? [each._id] : []))
    const live = withoutReplaced(all.filter(({ state }) => state === 'ready'))
    const liveIds = new Set(live.map(({ _id }) => _id))
    return {
      live,
      replaced: idsOf('ready').filter((id) => !liveIds.has(id)),
      dropped: idsOf('dropped'),
      writing: idsOf('writing', 'writer'),
      merging: idsOf('writing', 'merge'),
    }
  }

  /** Takes segments out of the index. */
  async drop(ids: string[]) {
    if (ids.length > 0) await this.segments.updateMany({ _id: { $in: ids } }, { $set: { state: 'dropped' } })
  }

  /** Deletes a dropped segment for good. */
  async delete(id: string) {
    await this.parts.deleteMany(partsOf(id))
    await this.segments.deleteOne({ _id: id, state: 'dropped' })
  }

  /** Parts by their ids. @throws SegmentGone where one is missing */
  async read(ids: readonly string[]): Promise<Map<string, Buffer>> {
    if (ids.length === 0) return new Map()
    const found = await this.parts.collection
      .find({ _id: { $in: ids as never[] } }, { promoteBuffers: true })
      .toArray()
    if (found.length < ids.length) throw new SegmentGone()
    return new Map(found.map(({ _id, data }) => [String(_id), data as Buffer]))
  }
}

const partsOf = (segmentId: string) => ({ _id: { $gte: partId(segmentId, ''), $lt: `${segmentId};` } })

function withoutReplaced<S extends Segment>(segments: S[]): S[] {
  const replaced = new Set(segments.flatMap(({ replaces }) => replaces))
  return segments.filter(({ _id }) => !replaced.has(_id))
}
