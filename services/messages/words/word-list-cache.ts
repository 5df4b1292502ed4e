import { type Bus, encode } from '@chat/service'
import { LRUCache } from 'lru-cache'
import { WordMatcher } from './word-matcher.ts'
import { EVERYWHERE, type WordStore } from './word-store.ts'

/** The number of lists, and of trie nodes of rooms' lists (some 70 MB). */
const LIMITS = { lists: 50_000, size: 1_000_000 }
/** A list's revision is compared with the store when the list is used after so long. */
const RECHECK_MS = 30_000

type Entry = { matcher: WordMatcher | null; revision: number }

/**
 * The compiled lists. Every instance drops a changed list before the change is answered. In case an instance misses
 * that event, it compares revisions in the background.
 */
export class WordListCache {
  private readonly words: Pick<WordStore, 'find' | 'revision'>
  private readonly bus: Bus
  private readonly entries: LRUCache<string, Entry>

  constructor(words: Pick<WordStore, 'find' | 'revision'>, bus: Bus, limits = LIMITS) {
    this.words = words
    this.bus = bus
    this.entries = new LRUCache({
      max: limits.lists,
      maxSize: limits.size,
      // The list of all rooms may be larger than all others together, and is used by every message.
      sizeCalculation: ({ matcher }, key) => (key === EVERYWHERE ? 1 : (matcher?.size ?? 1)),
      ttl: RECHECK_MS,
      allowStale: true,
      fetchMethod: (key, stale) => this.load(key, stale),
      // Who waits for a list that is dropped meanwhile gets it as it was read; it is not kept.
      ignoreFetchAbort: true,
    })
    bus.subscribe(bus.subjects.words, (event) => this.entries.delete(event.json<{ key: string }>().key))
    bus.onReconnect(() => this.entries.clear())
  }

  async in(roomId: string): Promise<WordMatcher[]> {
    const entries = await Promise.all([EVERYWHERE, roomId].map((key) => this.entries.forceFetch(key)))
    return entries.flatMap(({ matcher }) => matcher ?? [])
  }

  /** Makes every instance drop a list. Requests that follow the answer reach the other instances after the event. */
  async announce(key: string) {
    this.entries.delete(key)
    this.bus.connection.publish(this.bus.subjects.words, encode({ key }))
    await this.bus.flush()
  }

  private async load(key: string, stale: Entry | undefined): Promise<Entry> {
    if (stale && (await this.words.revision(key)) === stale.revision) return stale
    const list = await this.words.find(key)
    const isEmpty = !list || list.words.length + list.allow.length === 0
    return { matcher: isEmpty ? null : await WordMatcher.compile(list), revision: list?.revision ?? 0 }
  }
}
