import { type Bus, purgeRoomEvents } from '@chat/service'
import type { ChangeStore } from '../changes/change-store.ts'
import type { ExportErasure } from '../exports/export-erasure.ts'
import type { ReportStore } from '../reports/report-store.ts'
import type { SearchStore } from '../search/search-store.ts'
import type { MessageStore } from '../send/message-store.ts'
import type { WordListEditor } from '../words/word-list-editor.ts'

type Parts = {
  store: MessageStore
  changes: ChangeStore
  reports: ReportStore
  search: SearchStore
  exports: ExportErasure
  wordListEditor: WordListEditor
  bus: Bus
}

/** Everything that was said in a room that goes away. The stream first: what it still tells would come back. */
export async function purge(parts: Parts, roomId: string): Promise<void> {
  const { store, changes, reports, search, exports, wordListEditor, bus } = parts
  await purgeRoomEvents(bus, roomId)
  await exports.removeRoom(roomId)
  for (const each of [search, reports, changes, store]) await each.deleteRoom(roomId)
  await wordListEditor.deleteRoom(roomId)
}
