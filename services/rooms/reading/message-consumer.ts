import { isGone, type Message, quoteTextOf } from '@chat/contract'
import { mapInSlices, type StreamEvent } from '@chat/service'
import { addMentions, changeMentions, mentionsIn, publishMentions } from '../mentions/unread-mentions.ts'
import type { Operation, Parts } from '../parts.ts'
import { idsOf, memberId, roomIdsOf } from '../store/documents.ts'
import { isPrivateReader } from './cursors.ts'
import { markChanged, republishUncountedQuotes, withoutUncountedQuotes } from './uncounted-messages.ts'

/** Of two messages of one room, or two states of one message, the later. */
const later = (a: Message | undefined, b: Message) =>
  !a || b.seq > a.seq || (b.seq === a.seq && b.updatedAt > a.updatedAt) ? b : a

/** Takes in events of the stream, in any order and any number of times: nothing moves backwards. */
export async function consumeMessages(parts: Parts, events: StreamEvent[]): Promise<void> {
  const messages = events.flatMap((event) => (event.kind === 'message' ? event.message : []))
  const changes = events.filter((event) => event.kind === 'change')
  if (messages.length > 0) await takeMessages(parts, messages)
  if (changes.length > 0) await takeChanges(parts, changes)
  for (const event of changes) {
    if (!event.mentioned) continue
    const mentions = mentionsIn({ ...event.message, mentions: event.mentioned })
    await publishMentions(parts, mentions, [event.message])
  }
}

export async function takeMessages(parts: Parts, messages: Message[]): Promise<void> {
  const latest = new Map<string, Message>()
  const authored = new Map<string, { last: Message; count: number }>()
  for (const message of messages) {
    latest.set(message.roomId, later(latest.get(message.roomId), message))
    const author = memberId(message.roomId, message.author.authorId)
    const known = authored.get(author)
    authored.set(author, { last: later(known?.last, message), count: (known?.count ?? 0) + 1 })
  }
  const { store } = parts
  await publishMentions(parts, await addMentions(store, messages), messages)
  const members = await store.members.getMany([...authored.keys()])
  const authors = new Map(members.map((member) => [member._id, member]))
  // Cursors first: a list that is read in between shows an author a count that is too low for a moment, never too high.
  await store.unread.moveCursors(new Map([...authored].map(([id, { last }]) => [id, last.seq])))
  await store.unread.takeLastMessages([...latest.values()], lastMentions(messages))
  const published = await withoutUncountedQuotes(parts, [...latest.values()])
  const sent = [...authored.values()].map(({ last }) => last)
  await publishNews(parts, published, sent)
  await republishUncountedQuotes(parts, published)
  // Sending also reads what others wrote before; that is published like any other reading.
  const readers = [...authored].flatMap(([id, { last, count }]) => {
    const { readSeq, master } = authors.get(id) ?? { readSeq: last.seq, master: false }
    return last.seq - readSeq > count ? [{ message: last, fromSeq: readSeq, master }] : []
  })
  await publishReaders(parts, readers)
}

type Reader = { message: Message; fromSeq: number; master: boolean }
async function publishReaders({ store, bus }: Parts, readers: Reader[]) {
  if (readers.length === 0) return
  const rooms = await store.rooms.pick(roomIdsOf(readers.map(({ message }) => message)), 'rules')
  for (const { message, fromSeq, master } of readers) {
    const { roomId, seq, author, _id: lastReadMessageId } = message
    const rules = rooms.get(roomId)?.rules
    const isPrivate = rules !== undefined && isPrivateReader(rules, master)
    bus.publishRoom(roomId, 'read', { userId: author.authorId, lastReadMessageId, fromSeq, seq, isPrivate })
  }
}

async function publishNews({ bus }: Parts, latest: Message[], authored: Message[]) {
  await mapInSlices(authored, ({ roomId, seq, author }) =>
    bus.publishUser(author.authorId, 'cursor', { roomId, readSeq: seq, by: 'send' }),
  )
  const byRoom = Map.groupBy(authored, ({ roomId }) => roomId)
  await mapInSlices(latest, (lastMessage) => {
    const { roomId, seq: lastSeq } = lastMessage
    const cursorOf = ({ author, seq }: Message): [string, number] => [author.authorId, seq]
    bus.publishRoom(roomId, 'news', {
      lastSeq,
      lastMessage,
      cursors: byRoom.get(roomId)?.map(cursorOf) ?? [],
    })
  })
}

/** Applies a change before the stream delivers it. */
export const noteChange: Operation<'noteChange'> = async (parts, _caller, message) => {
  await takeChanges(parts, [{ message }])
  return { result: true }
}

type Change = { message: Message; change?: number }

async function takeChanges(parts: Parts, changes: Change[]): Promise<void> {
  const { store, bus, broadcast } = parts
  const changed = changes.map(({ message }) => message)
  const lastChanges = lastChangesIn(changes)
  const byRoom = Map.groupBy(changed, ({ roomId }) => roomId)
  for (const [roomId, messages] of byRoom) await markChanged(store, roomId, messages)
  for (const message of changed.filter((each) => !isGone(each)))
    await publishMentions(parts, await changeMentions(store, message))
  const latest = [...byRoom.values()].map((messages) => messages.reduce(later))
  await store.unread.takeLastMessages(latest, lastMentions(changed))
  for (const [roomId, messages] of byRoom) {
    for (const message of messages) await store.rooms.requote(roomId, message._id, quoteTextOf(message))
    const lastChange = lastChanges.get(roomId)
    bus.publishRoom(roomId, 'gone', lastChange === undefined ? {} : { lastChange })
    const goneIds = idsOf(messages.filter(isGone))
    if (await store.rooms.removeAnnouncementOf(roomId, goneIds)) broadcast.publishSoon(roomId)
  }
}

function lastChangesIn(changes: Change[]): Map<string, number> {
  const last = new Map<string, number>()
  for (const { message, change = 0 } of changes)
    if (change > (last.get(message.roomId) ?? 0)) last.set(message.roomId, change)
  return last
}

/** The seq of each room's last message that mentions somebody. */
function lastMentions(messages: Message[]): Map<string, number> {
  const last = new Map<string, number>()
  for (const { roomId, seq, mentions } of messages)
    if (mentions.length > 0) last.set(roomId, Math.max(seq, last.get(roomId) ?? 0))
  return last
}
