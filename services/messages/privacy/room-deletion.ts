import { purgeRoomEvents } from '@chat/service'
import type { Operation } from '../parts.ts'

/** Deletes everything of a room. The stream comes first: its events would bring the rest back. */
export const purgeRoomMessages: Operation<'purgeRoomMessages'> = async (parts, _caller, input) => {
  const { roomId } = input
  const { store, changes, reportStore, searchStore, exportErasure, wordListEditor, bus } = parts
  await purgeRoomEvents(bus, roomId)
  await exportErasure.removeRoom(roomId)
  for (const each of [searchStore, reportStore, changes, store]) await each.deleteRoom(roomId)
  await wordListEditor.deleteRoom(roomId)
  return { result: true }
}
