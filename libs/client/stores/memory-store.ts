import { type ClientStore, RECORD_KINDS, type RecordKind } from './store.ts'

/** A store in memory: drafts and cache outlive a `Chat`, but not a restart of the process. */
export function memoryStore(): ClientStore {
  const kinds = new Map(RECORD_KINDS.map((kind) => [kind, new Map<string, unknown>()]))
  const recordsOf = (kind: RecordKind) => kinds.get(kind) as Map<string, unknown>
  return {
    async read(kind, prefix) {
      const records = recordsOf(kind)
      const keys = [...records.keys()].filter((key) => key.startsWith(prefix)).sort()
      // Copies, as from any other store: the caller may change them.
      return keys.map((key) => structuredClone(records.get(key)))
    },
    async write(changes) {
      // A value that cannot be copied throws here, before anything is changed.
      for (const { kind, key, value } of structuredClone(changes)) {
        if (value === null) recordsOf(kind).delete(key)
        else recordsOf(kind).set(key, value)
      }
    },
  }
}
