import type { Message } from '@chat/contract'
import { bytesOf, PAGE_BYTES } from '@chat/service'
import type { ChangeStore } from '../changes/change-store.ts'
import type { Operation } from '../parts.ts'
import { type MessageDoc, presentMessage } from '../send/message-doc.ts'
import { fitting, leading, MAX_COUNT } from './page-size.ts'

type Change = { change: number; message: Message }

type Present = (docs: MessageDoc[]) => Promise<Message[]>

/** What a client missed: new messages, and changes to those it has. It goes on after the numbers of the answer. */
export const syncMessages: Operation<'syncMessages'> = async (
  { store, changes, access, presenter, outbox },
  caller,
  input,
) => {
  const { roomId, afterSeq, afterChange } = input
  const epoch = await outbox.epoch()
  using pass = await access.enter(caller, roomId)
  const asSeen: Present = (docs) => presenter.asSeenBy(caller, docs, pass.access.master)
  // Read before the messages: a later change is in them, or comes with the next changes.
  const lastChange = await changes.last(roomId)
  const lastSeq = await store.lastSeq(roomId)
  const count = Math.min(input.limit ?? MAX_COUNT, MAX_COUNT)
  const docs = await store.between(roomId, afterSeq + 1, afterSeq + count)
  const list = fitting(await asSeen(docs), afterSeq + 1, PAGE_BYTES)
  const missed = afterChange === undefined ? [] : await missedChanges(changes, roomId, afterChange, asSeen)
  const shown = leading(missed, onceEach(), PAGE_BYTES - bytesOf(list))
  return {
    list,
    changed: [...new Map(shown.map(({ message }) => [message._id, message])).values()],
    lastSeq,
    lastChange: shown.at(-1)?.change ?? Math.min(afterChange ?? lastChange, lastChange),
    epoch,
    recovered:
      (input.epoch ?? epoch) === epoch &&
      afterSeq <= lastSeq &&
      (afterChange ?? 0) <= lastChange &&
      list.every((message, index) => message.seq === afterSeq + 1 + index),
  }
}

/** What an edge missed, in full; `lastSeq` and `lastChange` are the room's. */
export const replayMessages: Operation<'replayMessages'> = async (
  { store, changes, presenter },
  caller,
  { roomId, afterSeq, afterChange },
) => {
  const lastChange = await changes.last(roomId)
  const inFull: Present = (docs) => presenter.inFull(caller, docs)
  const missed = await missedChanges(changes, roomId, afterChange, inFull)
  const docs = await store.between(roomId, afterSeq + 1, afterSeq + MAX_COUNT)
  const messages = docs.map((doc) => presentMessage(doc))
  return {
    list: fitting(messages, afterSeq + 1, PAGE_BYTES),
    lastSeq: await store.lastSeq(roomId),
    changed: leading(missed, bytesOf, PAGE_BYTES),
    lastChange,
  }
}

/** The next changes, each with its message as it is now. Changes of one message share it. */
async function missedChanges(
  changes: ChangeStore,
  roomId: string,
  afterChange: number,
  present: Present,
): Promise<Change[]> {
  const missed = await changes.between(roomId, afterChange + 1, afterChange + MAX_COUNT)
  const docs = [...new Map(missed.map(({ doc }) => [doc._id, doc])).values()]
  const messages = new Map((await present(docs)).map((message) => [message._id, message]))
  return missed.map(({ change, doc }) => ({ change, message: messages.get(doc._id) as Message }))
}

/** The size of a change when each message is sent once. */
function onceEach() {
  const seen = new Set<string>()
  return ({ message }: Change) => {
    if (seen.has(message._id)) return 0
    seen.add(message._id)
    return bytesOf(message)
  }
}
