import { type Bus, encode } from '@chat/service'
import { WordMatcher } from './word-matcher.ts'
import { EVERYWHERE, type WordStore } from './word-store.ts'

/** How many lists are kept, and how large those of rooms may be together: some 60 MB. */
const BOUNDS = { lists: 50_000, size: 1_000_000 }
const RECHECK_MS = 30_000

/** `size` is 0 until it is loaded. */
type Entry = { matcher: Promise<WordMatcher | null>; revision: number; size: number; checkedAt: number }

/**
 * The lists that messages are looked at with, ready in memory, so that a message costs no question. A change drops its
 * list in every instance before whoever made it is answered; in case that was missed, revisions are compared now and
 * then, while nobody waits.
 */
export class WordListCache {
  private readonly words: Pick<WordStore, 'find' | 'revision'>
  private readonly bus: Bus
  /** Those not asked for the longest come first. */
  private readonly entries = new Map<string, Entry>()
  private size = 0
  private readonly bounds: typeof BOUNDS

  constructor(words: Pick<WordStore, 'find' | 'revision'>, bus: Bus, bounds = BOUNDS) {
    this.words = words
    this.bus = bus
    this.bounds = bounds
    bus.subscribe(bus.subjects.words, (event) => this.drop(event.json<{ key: string }>().key))
    bus.onReconnect(() => this.clear())
  }

  /** Those that hold in a room. */
  async in(roomId: string): Promise<WordMatcher[]> {
    const lists = await Promise.all([this.of(EVERYWHERE), this.of(roomId)])
    return lists.filter((matcher) => matcher !== null)
  }

  /** Once this resolves no instance goes by the list as it was. */
  async announce(key: string) {
    this.drop(key)
    this.bus.connection.publish(this.bus.subjects.words, encode({ key }))
    // Who is answered after this and asks another instance comes there after the event.
    await this.bus.flush()
  }

  private of(key: string): Promise<WordMatcher | null> {
    const known = this.entries.get(key)
    if (!known) return this.load(key)
    this.entries.delete(key)
    this.entries.set(key, known)
    if (performance.now() - known.checkedAt > RECHECK_MS) void this.recheck(key, known)
    return known.matcher
  }

  private load(key: string): Promise<WordMatcher | null> {
    const entry: Entry = {
      matcher: this.words.find(key).then(async (list) => {
        entry.revision = list?.revision ?? 0
        const matcher = list && list.words.length + list.allow.length > 0 ? await WordMatcher.of(list) : null
        this.grow(key, entry, matcher?.size ?? 0)
        return matcher
      }),
      ...{ revision: 0, size: 0, checkedAt: performance.now() },
    }
    entry.matcher.catch(() => this.drop(key, entry))
    this.entries.set(key, entry)
    if (this.entries.size > this.bounds.lists) this.dropOldest()
    return entry.matcher
  }

  private grow(key: string, entry: Entry, size: number) {
    if (this.entries.get(key) !== entry || key === EVERYWHERE) return
    entry.size = size
    this.size += size
    while (this.size > this.bounds.size && this.entries.size > 1) this.dropOldest()
  }

  private async recheck(key: string, entry: Entry) {
    entry.checkedAt = performance.now()
    const revision = await this.words.revision(key).catch(() => null)
    if (revision !== entry.revision) this.drop(key, entry)
  }

  private dropOldest() {
    this.drop(this.entries.keys().next().value as string)
  }

  private drop(key: string, entry = this.entries.get(key)) {
    if (!entry || this.entries.get(key) !== entry) return
    this.entries.delete(key)
    this.size -= entry.size
  }

  private clear() {
    this.entries.clear()
    this.size = 0
  }
}
