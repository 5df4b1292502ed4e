import { isGone, type Message, seqOf } from '@chat/contract'
import type { Bus } from '@chat/service'
import { type Mark, type RoomDoc, roomIdsOf } from '../store/documents.ts'
import type { Store } from '../store/store.ts'

// Which messages count as unread for nobody: one document per room. It is written only if its version is still the one
// that was read; otherwise the marks are merged again with what another instance has written.

type Parts = { store: Store; bus: Bus }

/** Longer than the stream keeps what it may deliver again. */
const REPEATS_FOR_MS = 8 * 24 * 60 * 60 * 1000

/** The mark of a message that counts again is kept for as long as an older mark may still arrive. */
export function merged(known: Mark[], added: Mark[], now = Date.now()): Mark[] {
  const bySeq = new Map(known.map((mark) => [mark.seq, mark]))
  for (const mark of added) {
    const before = bySeq.get(mark.seq)
    if (!before || before.updatedAt < mark.updatedAt) bySeq.set(mark.seq, mark)
  }
  const since = new Date(now - REPEATS_FOR_MS).toISOString()
  return [...bySeq.values()]
    .filter((mark) => mark.isGone || mark.updatedAt > since)
    .sort((a, b) => a.seq - b.seq)
}

export async function markChanged(store: Store, roomId: string, changed: Message[]): Promise<void> {
  const added = changed.map((each) => ({ seq: each.seq, isGone: isGone(each), updatedAt: each.updatedAt }))
  const { marks } = await rewrite(store, roomId, (known) => merged(known, added))
  const lastGone = marks.findLast(({ isGone }) => isGone)?.seq
  if (lastGone !== undefined) await store.rooms.raiseLastGone(roomId, lastGone)
}

/** Replaces the marks, except those made after `began`. @returns whether they were different */
export async function replaceMarks(store: Store, roomId: string, marks: Mark[], began: string) {
  const isRecent = ({ updatedAt }: Mark) => updatedAt > began
  return (await rewrite(store, roomId, (known) => merged(marks, known.filter(isRecent)))).isChanged
}

async function rewrite(store: Store, roomId: string, change: (known: Mark[]) => Mark[]) {
  for (;;) {
    const known = await store.unread.uncounted(roomId)
    const marks = change(known?.marks ?? [])
    const isChanged = JSON.stringify(marks) !== JSON.stringify(known?.marks ?? [])
    if (!isChanged || (await store.unread.writeMarks(roomId, known, marks))) return { marks, isChanged }
  }
}

/** The uncounted seqs of each of these rooms, ascending. Rooms without marks are left out. */
export async function uncountedSeqs(store: Store, roomIds: string[]): Promise<Map<string, number[]>> {
  const byRoom = await store.unread.marksOf(roomIds)
  return new Map(
    [...byRoom].map(([roomId, marks]) => [roomId, marks.filter((m) => m.isGone).map((m) => m.seq)]),
  )
}

/** At least those of one room above the cursor; it reads nothing if `lastGone` says that there are none. */
export async function uncountedAbove(store: Store, { _id, lastGone = 0 }: RoomDoc, readSeq: number) {
  return lastGone <= readSeq ? [] : ((await uncountedSeqs(store, [_id])).get(_id) ?? [])
}

/** A quoted message may be deleted or hidden before the quote arrives. Once the quote is stored, a deletion finds it. */
export async function withoutUncountedQuotes(parts: Parts, messages: Message[]): Promise<Message[]> {
  const quoting = await quotingUncounted(parts, messages)
  return Promise.all(
    messages.map(async (message) => {
      const { roomId, replyTo } = message
      if (!replyTo || !quoting.has(message)) return message
      await parts.store.rooms.requote(roomId, replyTo.messageId, '')
      return { ...message, replyTo: { ...replyTo, text: '' } }
    }),
  )
}

/** Another instance may have published a deletion before this one published the quote: then gateways read again. */
export async function republishUncountedQuotes(parts: Parts, published: Message[]) {
  const quoting = published.filter(({ replyTo }) => replyTo !== null && replyTo.text !== '')
  if (quoting.length === 0) return
  await parts.bus.flush()
  for (const { roomId } of await quotingUncounted(parts, quoting)) parts.bus.publishRoom(roomId, 'gone', {})
}

async function quotingUncounted({ store }: Parts, messages: Message[]): Promise<Set<Message>> {
  const replies = messages.filter(({ replyTo }) => replyTo !== null)
  const uncounted = await uncountedSeqs(store, roomIdsOf(replies))
  const quotesUncounted = ({ roomId, replyTo }: Message) =>
    replyTo !== null && uncounted.get(roomId)?.includes(seqOf(roomId, replyTo.messageId) ?? 0)
  return new Set(replies.filter(quotesUncounted))
}
