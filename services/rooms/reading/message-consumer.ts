import { isGone, type Message, maySee, messageId, quoteTextOf, type Rules, seqOf } from '@chat/contract'
import type { Bus, StreamEvent } from '@chat/service'
import type { Turned, UnreadMentions } from '../mentions/unread-mentions.ts'
import type { RoomBroadcast } from '../room/room-broadcast.ts'
import { memberId } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'
import { markOf, type UncountedMessages } from './uncounted-messages.ts'

type Parts = {
  store: RoomStore
  bus: Bus
  gone: UncountedMessages
  mentions: UnreadMentions
  roomBroadcast: RoomBroadcast
}
/** Two states of one message, or two messages of one room: the later. */
const later = (a: Message | undefined, b: Message) =>
  !a || b.seq > a.seq || (b.seq === a.seq && b.updatedAt > a.updatedAt) ? b : a

/** Follows the messages of all rooms: last message, order of the list, the authors' own cursors, and what is gone. */
export class MessageConsumer {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Takes in a batch, in any order and any number of times: nothing moves backwards. Then tells the gateways. */
  async take(events: StreamEvent[]): Promise<void> {
    const messages = events.flatMap((event) => (event.kind === 'message' ? event.message : []))
    const changed = events.flatMap((event) => (event.kind === 'change' ? event.message : []))
    if (messages.length > 0) await this.takeMessages(messages)
    if (changed.length > 0) await this.takeChanges(changed)
    await this.tellNewlyMentioned(events)
  }

  async takeMessages(messages: Message[]): Promise<void> {
    const latest = new Map<string, Message>()
    const authored = new Map<string, Message>()
    const counts = new Map<string, number>()
    for (const message of messages) {
      latest.set(message.roomId, later(latest.get(message.roomId), message))
      const author = memberId(message.roomId, message.author.authorId)
      authored.set(author, later(authored.get(author), message))
      counts.set(author, (counts.get(author) ?? 0) + 1)
    }
    const { store, mentions, gone } = this.parts
    const mentioned = await mentions.note(messages, (roomIds) => gone.marksOf(roomIds))
    await this.tellMentions(mentioned, messages)
    const before = await store.standings([...authored.keys()])
    // Cursors first: a list read in between shows an author a count too low for a moment, never too high.
    await store.moveCursors(new Map([...authored].map(([id, { seq }]) => [id, seq])))
    await store.takeLastMessages([...latest.values()], lastMentions(messages))
    const told = await this.withoutGoneQuotes([...latest.values()])
    this.tell(told, [...authored.values()])
    await this.tellQuotesGoneSince(told)
    // By sending, one has read what others wrote before: it is told as any other reading is.
    const readers = [...authored].flatMap(([id, message]) => {
      const { readSeq, master } = before.get(id) ?? { readSeq: message.seq, master: false }
      const isReading = message.seq - readSeq > (counts.get(id) ?? 0)
      return isReading ? [{ message, fromSeq: readSeq, master }] : []
    })
    if (readers.length > 0) await this.tellReading(readers)
  }

  /**
   * A message that is told may quote one that was gone before it came, since the quote was made before. Looked for
   * after it is stored: a deletion that comes later finds it there.
   */
  private async withoutGoneQuotes(messages: Message[]): Promise<Message[]> {
    const quoting = await this.quotingGone(messages)
    return Promise.all(
      messages.map(async (message) => {
        if (!message.replyTo || !quoting.has(message)) return message
        await this.parts.store.requote(message.roomId, message.replyTo.messageId, '')
        return { ...message, replyTo: { ...message.replyTo, text: '' } }
      }),
    )
  }

  /**
   * What is quoted may have gone after that look, and another instance may have told so before this one told the
   * message: then it is told once more.
   */
  private async tellQuotesGoneSince(told: Message[]) {
    const showing = told.filter(({ replyTo }) => replyTo !== null && replyTo.text !== '')
    if (showing.length === 0) return
    const { bus } = this.parts
    await bus.flush()
    for (const { roomId } of await this.quotingGone(showing)) bus.publishRoom(roomId, 'gone', {})
  }

  private async quotingGone(messages: Message[]): Promise<Set<Message>> {
    const replies = messages.filter(({ replyTo }) => replyTo !== null)
    if (replies.length === 0) return new Set()
    const sets = await this.parts.gone.ofRooms(replies.map(({ roomId }) => roomId))
    const quotesGone = ({ roomId, replyTo }: Message) =>
      replyTo !== null && sets.get(roomId)?.includes(seqOf(roomId, replyTo.messageId) ?? 0)
    return new Set(replies.filter(quotesGone))
  }

  /** Whom changes mention newly: those who are told of it. */
  private async tellNewlyMentioned(events: StreamEvent[]) {
    for (const event of events) {
      if (event.kind !== 'change' || !event.mentioned) continue
      await this.tellMentioned([{ ...event.message, mentions: event.mentioned }], [event.message])
    }
  }

  /** Tells those whom messages mention, whether or not they have been told before. */
  tellMentioned(mentioning: Message[], messages = mentioning): Promise<void> {
    const mentioned = mentioning.flatMap(({ roomId, seq, updatedAt: at, mentions }) =>
      mentions.map((userId) => ({ userId, roomId, seq, at, isOn: true })),
    )
    return this.tellMentions(mentioned, messages)
  }

  /** Authors need not be told, and of what is gone by now there is nothing to tell. */
  private async tellMentions(mentioned: Turned[], messages: Message[]) {
    if (mentioned.length === 0) return
    const byPlace = new Map(messages.map((message) => [message._id, message]))
    const gone = await this.parts.gone.ofRooms([...new Set(mentioned.map(({ roomId }) => roomId))])
    for (const { userId, ...state } of mentioned) {
      const message = byPlace.get(messageId(state.roomId, state.seq))
      const isTold = message?.author.authorId !== userId && !gone.get(state.roomId)?.includes(state.seq)
      this.parts.bus.publishUser(userId, 'mention', { ...state, message: (isTold && message) || null })
    }
  }

  /** What happened to messages later: which of them count, how the last one looks, what is still announced. */
  async takeChanges(changed: Message[]): Promise<void> {
    const { store, gone, bus, roomBroadcast, mentions } = this.parts
    const byRoom = Map.groupBy(changed, (message) => message.roomId)
    for (const [roomId, messages] of byRoom) await gone.note(roomId, messages.map(markOf))
    for (const message of changed.filter((each) => !isGone(each))) {
      for (const { userId, ...state } of await mentions.noteChange(message))
        bus.publishUser(userId, 'mention', { ...state, message: null })
    }
    const last = [...byRoom.values()].map((messages) => messages.reduce(later))
    await store.takeLastMessages(last, lastMentions(changed))
    for (const [roomId, messages] of byRoom) {
      const lost = messages.filter(isGone)
      for (const message of messages) await store.requote(roomId, message._id, quoteTextOf(message))
      bus.publishRoom(roomId, 'gone', {})
      if (
        await store.unannounce(
          roomId,
          lost.map((message) => message._id),
        )
      )
        roomBroadcast.announce(roomId)
    }
  }

  private async tellReading(readers: { message: Message; fromSeq: number; master: boolean }[]) {
    const rules = await this.parts.store.rulesOf(readers.map(({ message }) => message.roomId))
    for (const { message, fromSeq, master } of readers) {
      const { roomId, seq, author, _id } = message
      this.parts.bus.publishRoom(roomId, 'read', {
        userId: author.authorId,
        lastReadMessageId: _id,
        fromSeq,
        seq,
        isPrivate: isPrivate(rules.get(roomId), master),
      })
    }
  }

  private tell(latest: Message[], authored: Message[]) {
    const { bus } = this.parts
    for (const { roomId, seq, author } of authored) {
      bus.publishUser(author.authorId, 'cursor', { roomId, readSeq: seq, by: 'send' })
    }
    const byRoom = Map.groupBy(authored, (message) => message.roomId)
    for (const message of latest) {
      const cursors = (byRoom.get(message.roomId) ?? []).map(({ author, seq }): [string, number] => [
        author.authorId,
        seq,
      ])
      bus.publishRoom(message.roomId, 'news', { lastSeq: message.seq, lastMessage: message, cursors })
    }
  }
}

/** Each room's last message that mentions somebody. */
const lastMentions = (messages: Message[]) => {
  const last = new Map<string, number>()
  for (const { roomId, seq, mentions } of messages)
    if (mentions.length > 0) last.set(roomId, Math.max(seq, last.get(roomId) ?? 0))
  return last
}

/** Whether ordinary members are not to learn what this member reads. */
export const isPrivate = (rules: Rules | undefined, master: boolean) =>
  rules !== undefined && !maySee(rules, { _id: '', master: false }, { _id: 'reader', master })
