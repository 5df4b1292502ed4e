import type { DutyCycle } from '@chat/service'
import type { Entry } from '../segments/entry-chunk.ts'
import { bitsFor, type Part, postingsPart, type Segment } from '../segments/segment.ts'
import { SegmentGone, type SegmentStore } from '../segments/segment-store.ts'
import { mergeEntries } from './entry-merge.ts'
import { mergePostings } from './postings-merge.ts'

type Options = {
  store: SegmentStore
  segments: readonly Segment[]
  /** Whether an entry does not belong to the index any more. */
  isRemoved: (entry: Entry) => boolean
  /** Others need the database as well. */
  pace: DutyCycle
  /** Aborts when another instance may merge: then nothing has changed. */
  signal: AbortSignal
}

/** Makes one segment of several, or of one, without what is removed. @returns null where nothing is left */
export async function mergeSegments({ store, segments, isRemoved, pace, signal }: Options) {
  const _id = await store.begin('merge')
  const put = (parts: Part[]) => store.put(_id, parts)
  const { places, ...entries } = await mergeEntries({
    store,
    segments,
    isRemoved,
    put: (part) => put([part]),
  })
  const replaces = segments.map((segment) => segment._id)
  if (entries.count === 0) {
    await store.drop([_id, ...replaces])
    return null
  }
  const sources = segments.map((segment, index) => ({ segment, places: places[index] as Int32Array }))
  const size = segments.reduce((sum, segment) => sum + segment.bytes, 0)
  const bits = Math.max(bitsFor(size), Math.min(...segments.map((segment) => segment.bits)))
  let bytes = 0
  let group = 0
  const documents = mergePostings(store, sources, bits)
  for (let isDone = false; !isDone; ) {
    signal.throwIfAborted()
    await pace.run(async () => {
      const { value = [], done = false } = await documents.next()
      isDone = done
      for (const { length } of value) bytes += length
      await put(value.map((data) => ({ name: postingsPart(group++), data })))
    })
  }
  const to = entries.ends.at(-1) as Date
  const merged: Segment = { _id, ...entries, to, bits, bytes, replaces }
  signal.throwIfAborted()
  if (!(await store.commit(merged))) throw new SegmentGone()
  await store.drop(replaces)
  return merged
}
