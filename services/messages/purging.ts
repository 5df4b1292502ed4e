import { type Bus, purgeRoom } from '@chat/service'
import type { Changes } from './change-store.ts'
import type { Reports } from './report-store.ts'
import type { Search } from './search-store.ts'
import type { Store } from './store.ts'

type Parts = { store: Store; changes: Changes; reports: Reports; search: Search; bus: Bus }

/** Everything that was said in a room that goes away. The stream first: what it still tells would come back. */
export async function purge({ store, changes, reports, search, bus }: Parts, roomId: string): Promise<void> {
  await purgeRoom(bus, roomId)
  for (const each of [search, reports, changes, store]) await each.deleteRoom(roomId)
}
