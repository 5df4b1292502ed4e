import { LRUCache } from 'lru-cache'
import { EntryChunk } from './entry-chunk.ts'
import type { SegmentStore } from './segment-store.ts'

/** At about 28 bytes each. */
const MAX_ENTRIES = 400_000

/** Chunks of entries as searches read them again and again. A segment never changes. */
export class ChunkCache {
  private readonly store: SegmentStore
  private readonly cache = new LRUCache<string, EntryChunk>({
    maxSize: MAX_ENTRIES,
    sizeCalculation: ({ count }) => Math.max(1, count),
  })

  constructor(store: SegmentStore) {
    this.store = store
  }

  read = async (ids: string[]): Promise<Map<string, EntryChunk>> => {
    const found = new Map<string, EntryChunk>()
    for (const id of ids) {
      const cached = this.cache.get(id)
      if (cached) found.set(id, cached)
    }
    const missing = ids.filter((id) => !found.has(id))
    if (missing.length > 0)
      for (const [id, bytes] of await this.store.read(missing)) {
        const entries = new EntryChunk(bytes)
        this.cache.set(id, entries)
        found.set(id, entries)
      }
    return found
  }
}
