import { LRUCache } from 'lru-cache'

/** Remembers the latest keys, to tell what comes again. */
export class RecentKeys {
  private readonly keys: LRUCache<string, true>

  constructor(max: number) {
    this.keys = new LRUCache({ max })
  }

  /** @returns false where the key is known */
  add(key: string): boolean {
    const isNew = !this.keys.has(key)
    this.keys.set(key, true)
    return isNew
  }
}
