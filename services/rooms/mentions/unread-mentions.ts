import { type Message, messageId } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { uncountedSeqs } from '../reading/uncounted-messages.ts'
import { idsOf, type MentionDoc, memberId, roomIdsOf, userIdsOf } from '../store/documents.ts'
import type { MentionMark } from '../store/mention-store.ts'
import type { Store } from '../store/store.ts'

// One row for each mention, until it is read. States of a message may arrive in any order and any number of times; a row
// says by which state it was written.

type Surveyed = MentionMark & { userIds: string[] }
type Mention = MentionMark & { roomId: string; userId: string; isOn: boolean }
const docOf = (mention: Mention): MentionDoc => ({
  _id: `${messageId(mention.roomId, mention.seq)}:${mention.userId}`,
  ...mention,
})

export const mentionsIn = ({ roomId, seq, updatedAt: at, mentions }: Message): MentionDoc[] =>
  mentions.map((userId) => docOf({ userId, roomId, seq, at, isOn: true }))

/** Marks and cursors are read after the rows are written: who moves them later finds the rows. @returns what holds */
export async function addMentions(store: Store, messages: Message[]): Promise<MentionDoc[]> {
  const rows = messages.flatMap(mentionsIn)
  if (rows.length === 0) return []
  await store.mentions.addMissing(rows)
  const marks = await store.unread.marksOf([...new Set(roomIdsOf(rows))])
  const isChanged = ({ roomId, seq, at }: MentionDoc) =>
    marks.get(roomId)?.some((mark) => mark.seq === seq && mark.updatedAt > at)
  const stale = new Set(rows.filter(isChanged))
  for (const row of stale) await store.mentions.removeUpTo(row)
  return withoutRead(
    store,
    rows.filter((row) => !stale.has(row)),
  )
}

/** Removes those that their users have read: events come again. @returns the others */
async function withoutRead(store: Store, rows: MentionDoc[]): Promise<MentionDoc[]> {
  const members = await store.members.getMany(rows.map(({ roomId, userId }) => memberId(roomId, userId)))
  const readSeqs = new Map(members.map(({ _id, readSeq }) => [_id, readSeq]))
  const isRead = ({ roomId, userId, seq }: MentionDoc) => seq <= (readSeqs.get(memberId(roomId, userId)) ?? 0)
  const { read = [], unread = [] } = Object.groupBy(rows, (row) => (isRead(row) ? 'read' : 'unread'))
  for (const row of read) await store.mentions.removeUpTo(row)
  return unread
}

/** Takes in a changed message. @returns its mentions, and those that it has lost */
export async function changeMentions(store: Store, message: Message): Promise<MentionDoc[]> {
  const known = await store.mentions.ofMessage(message._id)
  const { roomId, seq, updatedAt: at, mentions } = message
  const userIds = new Set([...userIdsOf(known), ...mentions])
  if (userIds.size === 0) return []
  const isOn = (userId: string) => mentions.includes(userId)
  const rows = [...userIds].map((userId) => docOf({ userId, roomId, seq, at, isOn: isOn(userId) }))
  await store.mentions.putLater(rows)
  return withoutRead(store, rows)
}

/** For a recount: leaves what was written after `began`. @returns the corrections */
export async function replaceMentions(store: Store, roomId: string, surveyed: Surveyed[], began: string) {
  const members = await store.members.pick([roomId], 'readSeq')
  const readSeqs = new Map(members.map(({ userId, readSeq }) => [userId, readSeq]))
  const isUnread = ({ userId, seq }: MentionDoc) => seq > (readSeqs.get(userId) ?? Number.POSITIVE_INFINITY)
  const right = surveyed
    .flatMap(({ seq, at, userIds }) =>
      userIds.map((userId) => docOf({ userId, roomId, seq, at, isOn: true })),
    )
    .filter(isUnread)
  const rows = await store.mentions.ofRoom(roomId)
  const rightIds = new Set(idsOf(right))
  const onIds = new Set(idsOf(rows.filter(({ isOn }) => isOn)))
  const missing = right.filter(({ _id }) => !onIds.has(_id))
  const wrong = rows.filter((row) => row.isOn && isUnread(row) && !rightIds.has(row._id) && row.at <= began)
  for (const row of wrong) await store.mentions.removeUpTo(row)
  for (const { _id } of missing) await store.mentions.removeUpTo({ _id, at: began })
  await store.mentions.addMissing(missing)
  return [...wrong.map((row) => ({ ...row, isOn: false })), ...missing]
}

/** Removes in the background what a user has read of a room, or everything when they leave it. */
export const forgetMentions = ({ store, logger }: Parts, userId: string, roomId: string, readSeq?: number) =>
  void store.mentions
    .removeRead(userId, roomId, readSeq)
    .catch((err) => logger.warn({ err }, 'read mentions were not removed'))

/**
 * Clients are told of mentions in `messages`, but not of the author's own, of messages that are gone by now, or again of
 * an event that came again. @param isAgain tells them nevertheless
 */
export async function publishMentions(
  { store, bus, toldMentions }: Parts,
  mentions: MentionDoc[],
  messages: Message[] = [],
  isAgain = false,
) {
  if (mentions.length === 0) return
  const byId = new Map(messages.map((message) => [message._id, message]))
  const uncounted = messages.length > 0 ? await uncountedSeqs(store, [...new Set(roomIdsOf(mentions))]) : null
  for (const { _id, userId, ...state } of mentions) {
    const message = byId.get(messageId(state.roomId, state.seq))
    const isTold = message?.author.authorId !== userId && !uncounted?.get(state.roomId)?.includes(state.seq)
    const key = `${_id} ${state.at}`
    const isNew = message !== undefined && isTold && (toldMentions.add(key) || isAgain)
    bus.publishUser(userId, 'mention', { ...state, message: isNew ? message : null })
  }
}
