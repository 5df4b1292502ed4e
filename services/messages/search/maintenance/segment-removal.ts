import { roomTerm } from '../search-terms.ts'
import { EntryChunk } from '../segments/entry-chunk.ts'
import { groupOf, listOf } from '../segments/postings.ts'
import { chunkPart, partId, postingsPart, type Segment } from '../segments/segment.ts'
import type { SegmentStore } from '../segments/segment-store.ts'
import type { Removals } from './removal-store.ts'

/** Whether a segment has entries of what is removed. It reads only the parts that may have some. */
export async function holdsRemoved(
  store: SegmentStore,
  segment: Segment,
  removals: Removals,
): Promise<boolean> {
  // Of many rooms, it is cheaper to look at each entry.
  const isInEntries = removals.rooms.size > segment.ends.length
  const rooms = isInEntries ? [] : removals.rooms
  for (const roomId of rooms) if (await holdsRoom(store, segment, roomId)) return true
  for (const chunk of isInEntries ? segment.ends.keys() : chunksOf(segment, removals.times)) {
    const id = partId(segment._id, chunkPart(chunk))
    const entries = new EntryChunk((await store.read([id])).get(id) as Buffer)
    for (let index = 0; index < entries.count; index++) if (removals.has(entries.at(index))) return true
  }
  return false
}

async function holdsRoom(store: SegmentStore, { _id, bits }: Segment, roomId: string): Promise<boolean> {
  const hash = roomTerm(roomId)
  const id = partId(_id, postingsPart(groupOf(hash, bits)))
  return listOf((await store.read([id])).get(id) as Buffer, hash, bits).length > 0
}

/** The chunks with messages that were written at these times. */
function chunksOf({ from, to, ends }: Segment, times: readonly number[]): Set<number> {
  const chunks = new Set<number>()
  const last = ends.map((end) => end.getTime())
  for (const time of times) {
    if (time < from.getTime() || time > to.getTime()) continue
    // Messages of one time may be in several chunks.
    for (let chunk = last.findIndex((end) => end >= time); chunk < last.length; chunk++) {
      chunks.add(chunk)
      if ((last[chunk] as number) > time) break
    }
  }
  return chunks
}
