import { Fault, seqOf } from '@chat/contract'
import { type MessageDoc, type MessageStore, statusOf } from '../send/message-store.ts'

type Place = { roomId: string; messageId: string }

/** @throws MESSAGE_NO_EXISTS for an id that the room does not have, whatever other rooms have */
export async function findMessage(store: MessageStore, { roomId, messageId }: Place): Promise<MessageDoc> {
  const seq = seqOf(roomId, messageId)
  const doc = seq === null ? null : await store.bySeq(roomId, seq)
  if (!doc) throw new Fault('MESSAGE_NO_EXISTS')
  return doc
}

/** Of what is deleted, and for others than masters of what is hidden, there is nothing to see. */
export function requireVisible(doc: MessageDoc, { master }: { master: boolean }): MessageDoc {
  const { deleted, hidden } = statusOf(doc)
  if (deleted || (hidden && !master)) throw new Fault('MESSAGE_NO_EXISTS')
  return doc
}

export const findVisible = async (store: MessageStore, place: Place, reader: { master: boolean }) =>
  requireVisible(await findMessage(store, place), reader)
