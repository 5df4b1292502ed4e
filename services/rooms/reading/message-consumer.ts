import { isGone, type Message, messageId, quoteTextOf, seqOf } from '@chat/contract'
import type { StreamEvent } from '@chat/service'
import { addMentions, changeMentions, type MentionOf } from '../mentions/unread-mentions.ts'
import type { Parts } from '../parts.ts'
import { memberId } from '../store/documents.ts'
import { isPrivateReader } from './cursors.ts'
import { markChanged, uncountedSeqs } from './uncounted-messages.ts'

/** Of two messages of one room, or two states of one message, the later. */
const later = (a: Message | undefined, b: Message) =>
  !a || b.seq > a.seq || (b.seq === a.seq && b.updatedAt > a.updatedAt) ? b : a

/**
 * Derives from the stream each room's last message and position in lists, the authors' own cursors, mentions and
 * uncounted messages, and publishes what gateways need of it. Events may arrive in any order and any number of times:
 * nothing moves backwards.
 */
export async function consumeMessages(parts: Parts, events: StreamEvent[]): Promise<void> {
  const messages = events.flatMap((event) => (event.kind === 'message' ? event.message : []))
  const changed = events.flatMap((event) => (event.kind === 'change' ? event.message : []))
  if (messages.length > 0) await takeMessages(parts, messages)
  if (changed.length > 0) await takeChanges(parts, changed)
  for (const event of events) {
    if (event.kind !== 'change' || !event.mentioned) continue
    await publishMentions(parts, [{ ...event.message, mentions: event.mentioned }], [event.message])
  }
}

/** Takes in new messages. */
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
  await publishMentionStates(parts, await addMentions(store, messages), messages)
  const authors = new Map(
    (await store.members.getMany([...authored.keys()])).map((member) => [member._id, member]),
  )
  // Cursors first: a list that is read in between shows an author a count that is too low for a moment, never too high.
  await store.messageBatches.moveCursors(new Map([...authored].map(([id, { last }]) => [id, last.seq])))
  await store.messageBatches.takeLastMessages([...latest.values()], lastMentions(messages))
  const published = await withoutUncountedQuotes(parts, [...latest.values()])
  publishNews(
    parts,
    published,
    [...authored.values()].map(({ last }) => last),
  )
  await republishQuotesOfUncounted(parts, published)
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
  const rooms = await store.rooms.pick(
    readers.map(({ message }) => message.roomId),
    'rules',
  )
  for (const { message, fromSeq, master } of readers) {
    const { roomId, seq, author, _id } = message
    const rules = rooms.get(roomId)?.rules
    bus.publishRoom(roomId, 'read', {
      userId: author.authorId,
      lastReadMessageId: _id,
      fromSeq,
      seq,
      isPrivate: rules !== undefined && isPrivateReader(rules, master),
    })
  }
}

/** The last message of each room, and the cursors that messages have moved. */
function publishNews({ bus }: Parts, latest: Message[], authored: Message[]) {
  for (const { roomId, seq, author } of authored)
    bus.publishUser(author.authorId, 'cursor', { roomId, readSeq: seq, by: 'send' })
  const byRoom = Map.groupBy(authored, ({ roomId }) => roomId)
  for (const message of latest) {
    const cursors = (byRoom.get(message.roomId) ?? []).map(({ author, seq }): [string, number] => [
      author.authorId,
      seq,
    ])
    bus.publishRoom(message.roomId, 'news', { lastSeq: message.seq, lastMessage: message, cursors })
  }
}

/**
 * A message may quote one that was deleted or hidden after the quote was made and before the message arrived. This runs
 * after the message is stored: a later deletion finds it there.
 */
async function withoutUncountedQuotes(parts: Parts, messages: Message[]): Promise<Message[]> {
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

/**
 * A quoted message may have been deleted since `withoutUncountedQuotes`, and another instance may have published that
 * before this one published the quote: then gateways are told once more to read the room.
 */
async function republishQuotesOfUncounted(parts: Parts, published: Message[]) {
  const quoting = published.filter(({ replyTo }) => replyTo !== null && replyTo.text !== '')
  if (quoting.length === 0) return
  await parts.bus.flush()
  for (const { roomId } of await quotingUncounted(parts, quoting)) parts.bus.publishRoom(roomId, 'gone', {})
}

async function quotingUncounted({ store }: Parts, messages: Message[]): Promise<Set<Message>> {
  const replies = messages.filter(({ replyTo }) => replyTo !== null)
  const uncounted = await uncountedSeqs(
    store,
    replies.map(({ roomId }) => roomId),
  )
  const quotesUncounted = ({ roomId, replyTo }: Message) =>
    replyTo !== null && uncounted.get(roomId)?.includes(seqOf(roomId, replyTo.messageId) ?? 0)
  return new Set(replies.filter(quotesUncounted))
}

/** Publishes the mentions of these messages, whether or not they have been published before. */
export function publishMentions(parts: Parts, mentioning: Message[], messages = mentioning): Promise<void> {
  const mentions = mentioning.flatMap(({ roomId, seq, updatedAt: at, mentions }) =>
    mentions.map((userId) => ({ userId, roomId, seq, at, isOn: true })),
  )
  return publishMentionStates(parts, mentions, messages)
}

/** Without the message for its author, and if it is deleted or hidden by now: then clients are told nothing. */
async function publishMentionStates({ store, bus }: Parts, mentions: MentionOf[], messages: Message[]) {
  if (mentions.length === 0) return
  const byId = new Map(messages.map((message) => [message._id, message]))
  const uncounted = await uncountedSeqs(store, [...new Set(mentions.map(({ roomId }) => roomId))])
  for (const { userId, ...state } of mentions) {
    const message = byId.get(messageId(state.roomId, state.seq))
    const isTold = message?.author.authorId !== userId && !uncounted.get(state.roomId)?.includes(state.seq)
    bus.publishUser(userId, 'mention', { ...state, message: (isTold && message) || null })
  }
}

/** Takes in messages as they have become: whether they count, their mentions, quotes and announcements of them. */
export async function takeChanges(parts: Parts, changed: Message[]): Promise<void> {
  const { store, bus, broadcast } = parts
  const byRoom = Map.groupBy(changed, ({ roomId }) => roomId)
  for (const [roomId, messages] of byRoom) await markChanged(store, roomId, messages)
  for (const message of changed.filter((each) => !isGone(each))) {
    for (const { userId, ...state } of await changeMentions(store, message))
      bus.publishUser(userId, 'mention', { ...state, message: null })
  }
  const latest = [...byRoom.values()].map((messages) => messages.reduce(later))
  await store.messageBatches.takeLastMessages(latest, lastMentions(changed))
  for (const [roomId, messages] of byRoom) {
    for (const message of messages) await store.rooms.requote(roomId, message._id, quoteTextOf(message))
    bus.publishRoom(roomId, 'gone', {})
    const goneIds = messages.filter(isGone).map(({ _id }) => _id)
    if (await store.rooms.removeAnnouncementOf(roomId, goneIds)) broadcast.publishSoon(roomId)
  }
}

/** The seq of each room's last message that mentions somebody. */
function lastMentions(messages: Message[]): Map<string, number> {
  const last = new Map<string, number>()
  for (const { roomId, seq, mentions } of messages)
    if (mentions.length > 0) last.set(roomId, Math.max(seq, last.get(roomId) ?? 0))
  return last
}
