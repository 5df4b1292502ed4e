import { type Caller, Fault, seqOf } from '@chat/contract'
import type { Bus } from '@chat/service'
import { type MessageDoc, statusOf } from '../send/message-doc.ts'
import type { MessageStore } from '../send/message-store.ts'

/** For platforms, which are in no room. @throws ROOM_NO_EXISTS */
export const requireRoom = (bus: Bus, caller: Caller, roomId: string) => bus.ask('roomFacts', caller, roomId)

type Place = { roomId: string; messageId: string }

/** @throws MESSAGE_NO_EXISTS for an id that this room does not have */
export async function findMessage(store: MessageStore, { roomId, messageId }: Place): Promise<MessageDoc> {
  const seq = seqOf(roomId, messageId)
  const doc = seq === null ? null : await store.bySeq(roomId, seq)
  if (!doc) throw new Fault('MESSAGE_NO_EXISTS')
  return doc
}

/** @throws MESSAGE_NO_EXISTS for a deleted message, and for a hidden one unless the reader is a master */
export function requireVisible(doc: MessageDoc, { master }: { master: boolean }): MessageDoc {
  const { deleted, hidden } = statusOf(doc)
  if (deleted || (hidden && !master)) throw new Fault('MESSAGE_NO_EXISTS')
  return doc
}

export const findVisible = async (store: MessageStore, place: Place, reader: { master: boolean }) =>
  requireVisible(await findMessage(store, place), reader)
