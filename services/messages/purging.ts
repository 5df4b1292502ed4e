import { type Bus, purgeRoom } from '@chat/service'
import type { Changes } from './change-store.ts'
import type { ExportDisposing } from './export-disposing.ts'
import type { Reports } from './report-store.ts'
import type { Search } from './search-store.ts'
import type { Store } from './store.ts'
import type { WordKeeping } from './word-keeping.ts'

type Parts = {
  store: Store
  changes: Changes
  reports: Reports
  search: Search
  exports: ExportDisposing
  wordKeeping: WordKeeping
  bus: Bus
}

/** Everything that was said in a room that goes away. The stream first: what it still tells would come back. */
export async function purge(parts: Parts, roomId: string): Promise<void> {
  const { store, changes, reports, search, exports, wordKeeping, bus } = parts
  await purgeRoom(bus, roomId)
  await exports.endRoom(roomId)
  for (const each of [search, reports, changes, store]) await each.deleteRoom(roomId)
  await wordKeeping.drop(roomId)
}
