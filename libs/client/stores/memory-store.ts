import type { ClientStore, RecordKind } from './store.ts'

/** A store in memory: drafts and cache outlive a `Chat`, but not a restart of the process. */
export function memoryStore(): ClientStore {
  const kinds: Record<RecordKind, Map<string, unknown>> = {
    rooms: new Map(),
    messages: new Map(),
    marks: new Map(),
    outbox: new Map(),
  }
  return {
    async read(kind, prefix) {
      const keys = [...kinds[kind].keys()].filter((key) => key.startsWith(prefix)).sort()
      // Copies, as from any other store: the caller may change them.
      return keys.map((key) => structuredClone(kinds[kind].get(key)))
    },
    async write(changes) {
      // A value that cannot be copied throws here, before anything is changed.
      for (const { kind, key, value } of structuredClone(changes)) {
        if (value === null) kinds[kind].delete(key)
        else kinds[kind].set(key, value)
      }
    },
  }
}
