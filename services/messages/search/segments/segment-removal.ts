import { roomTerm } from '../search-terms.ts'
import { EntryChunk } from './entry-chunk.ts'
import { groupOf, listOf } from './postings.ts'
import { type Removal, Removals } from './removal-store.ts'
import { chunkPart, partId, postingsPart, type Segment } from './segment.ts'
import type { SegmentStore } from './segment-store.ts'

/** Whether a segment has entries of what is removed. It reads only the parts that may have some. */
export async function holdsRemoved(
  store: SegmentStore,
  segment: Segment,
  removals: readonly Removal[],
): Promise<boolean> {
  for (const { roomId, message } of removals)
    if (!message && (await holdsRoom(store, segment, roomId))) return true
  const { has } = new Removals(removals)
  for (const chunk of chunksOf(segment, removals)) {
    const id = partId(segment._id, chunkPart(chunk))
    const entries = new EntryChunk((await store.read([id])).get(id) as Buffer)
    for (let index = 0; index < entries.count; index++) if (has(entries.at(index))) return true
  }
  return false
}

async function holdsRoom(store: SegmentStore, { _id, bits }: Segment, roomId: string): Promise<boolean> {
  const hash = roomTerm(roomId)
  const id = partId(_id, postingsPart(groupOf(hash, bits)))
  return listOf((await store.read([id])).get(id) as Buffer, hash, bits).length > 0
}

/** The chunks with messages that were written when removed ones were. */
function chunksOf({ from, ends }: Segment, removals: readonly Removal[]): Set<number> {
  const chunks = new Set<number>()
  for (const { message } of removals) {
    if (!message || message.createdAt < from.getTime()) continue
    const first = ends.findIndex((end) => end.getTime() >= message.createdAt)
    // Messages of one time may be in several chunks.
    for (let chunk = first; chunk >= 0 && chunk < ends.length; chunk++) {
      chunks.add(chunk)
      if ((ends[chunk] as Date).getTime() > message.createdAt) break
    }
  }
  return chunks
}
