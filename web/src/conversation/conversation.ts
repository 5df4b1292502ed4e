import { ChatError, type ChatErrorCode, type OfflineChat, type OpenRoom } from '@chat/client'
import type { Message } from '@chat/contract'
import { signal } from '@preact/signals'
import {
  emptyWindow,
  firstOf,
  joinPage,
  lastOf,
  type MessageWindow,
  type Reading,
  readMessages,
  reviseMessage,
  takeMessage,
  windowOf,
} from '../message-list/message-window.ts'
import { ReadCursor } from './read-cursor.ts'

const PAGE = 60
const AGAIN_MS = 1_000

/** Where the list is to go. `turn` tells one wish from the next. */
export type Goal =
  | { turn: number; to: 'end' }
  | { turn: number; to: 'message'; seq: number; isFlashed: boolean }

/** One room as it is looked at: a piece of its messages that grows both ways, and what happens in it. */
export class Conversation {
  readonly roomId: string
  readonly window = signal<MessageWindow>(emptyWindow)
  readonly state = signal<'opening' | 'open' | 'closed'>('opening')
  readonly failure = signal<ChatErrorCode | null>(null)
  readonly firstUnread = signal<number | null>(null)
  readonly goal = signal<Goal | null>(null)
  /** The last message that came while it is open, to be read out. */
  readonly heard = signal<Message | null>(null)
  private readonly chat: OfflineChat
  private readonly me: string
  private readonly mark: ReadCursor
  private readonly offs: (() => void)[] = []
  private opened: OpenRoom | null = null
  private readonly readUpTo = new Map<string, number>()
  private isClosed = false
  private paging: Promise<void> | null = null

  constructor(chat: OfflineChat, roomId: string, me: string) {
    this.chat = chat
    this.roomId = roomId
    this.me = me
    this.mark = new ReadCursor(chat, roomId, (fromSeq, seq) => this.read({ userId: me, fromSeq, seq }))
  }

  async open(wantedId?: string) {
    await this.showCached()
    // One's own reading is counted where it is marked: pages that come meanwhile count it already.
    const hear = (read: Reading) => read.userId !== this.me && this.read(read)
    this.offs.push(this.chat.onRoom('readMessage', this.roomId, hear))
    const opened = await this.join()
    if (!opened) return
    this.opened = opened
    if (this.isClosed) return void opened.close()
    await this.show(opened, wantedId).catch((error) => this.fail(error))
  }

  close() {
    this.isClosed = true
    for (const off of this.offs.splice(0)) off()
    void this.opened?.close()
  }

  loadBefore = () => {
    const first = firstOf(this.window.value)
    if (first && this.window.value.hasBefore) void this.page({ lastMessageId: first._id })
  }

  loadAfter = () => {
    const last = lastOf(this.window.value)
    if (last && this.window.value.hasAfter) void this.page({ afterMessageId: last._id })
  }

  /** Wherever in the room the message is. @throws ChatError */
  async goTo(messageId: string) {
    const held = this.window.value.messages.find(({ _id }) => _id === messageId)
    if (!held) this.window.value = windowOf(await this.fetch({ aroundMessageId: messageId }))
    const found = this.window.value.messages.find(({ _id }) => _id === messageId)
    if (found) this.aim({ to: 'message', seq: found.seq, isFlashed: true })
  }

  async goToEnd() {
    if (this.window.value.hasAfter) this.window.value = windowOf(await this.fetch({}))
    this.aim({ to: 'end' })
  }

  /** The end is seen: what is there counts as read. */
  seen() {
    const last = lastOf(this.window.value)
    if (last && !this.window.value.hasAfter && this.state.value === 'open') this.mark.move(last)
  }

  private async showCached() {
    const cached = await this.chat.cache.messages(this.roomId)
    if (cached.length === 0 || this.window.value.messages.length > 0) return
    this.window.value = { messages: cached, hasBefore: (cached[0] as Message).seq > 1, hasAfter: false }
  }

  /** Until it is open, refused for good, or nobody looks any more. */
  private async join(): Promise<OpenRoom | null> {
    while (!this.isClosed) {
      try {
        return await this.chat.openRoom(this.roomId, {
          onMessage: (message) => this.take(message),
          onUpdate: (message) => this.change((held) => reviseMessage(held, message)),
          onRecovered: ({ recovered }) => this.recovered(recovered),
          onClosed: (error) => this.fail(error),
        })
      } catch (error) {
        if (!(error instanceof ChatError) || !error.retryable) {
          this.fail(error)
          return null
        }
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      }
    }
    return null
  }

  private async show({ joined }: OpenRoom, wantedId: string | undefined) {
    const { lastReadMessageId = null, unReadMsgCount = 0, lastSeq = 0 } = joined ?? {}
    this.mark.startAt(lastSeq)
    const isFar = unReadMsgCount > PAGE / 2
    const around = wantedId ?? (isFar ? lastReadMessageId : null)
    const page =
      around === null && isFar
        ? await this.fetchBeginning()
        : await this.fetch(around === null ? {} : { aroundMessageId: around })
    this.window.value = joinPage(this.window.value, page)
    this.firstUnread.value = unReadMsgCount > 0 ? this.firstAfter(lastReadMessageId) : null
    this.state.value = 'open'
    const wanted = this.window.value.messages.find(({ _id }) => _id === wantedId)?.seq
    const seq = wanted ?? this.firstUnread.value
    if (seq === null) this.aim({ to: 'end' })
    else this.aim({ to: 'message', seq, isFlashed: wanted !== undefined })
  }

  /** Joined anew after a lost connection, which marks the room as read. */
  private recovered(isWhole: boolean) {
    this.mark.startAt(this.opened?.seq ?? 0)
    if (!isWhole) void this.goToEnd().catch((error) => this.fail(error))
  }

  /** What somebody has passed already is told again after they came back, or have sent something. */
  private read({ userId, fromSeq, seq }: Reading) {
    const from = Math.max(fromSeq, this.readUpTo.get(userId) ?? 0)
    this.readUpTo.set(userId, Math.max(from, seq))
    this.change((held) => readMessages(held, { userId, fromSeq: from, seq }))
  }

  /** Ids of one room sort as its messages do. */
  private firstAfter(messageId: string | null): number | null {
    const isUnread = ({ _id, author, status }: Message) =>
      _id > (messageId ?? '') && author.authorId !== this.me && !status.deleted
    return this.window.value.messages.find(isUnread)?.seq ?? null
  }

  private take(message: Message) {
    this.change((held) => takeMessage(held, message))
    this.heard.value = message
    if (message.author.authorId !== this.me) return
    // What one writes oneself is looked at.
    this.firstUnread.value = null
    if (!this.window.value.hasAfter) this.aim({ to: 'end' })
    else void this.goToEnd().catch(() => {})
  }

  private page(place: { lastMessageId: string } | { afterMessageId: string }) {
    this.paging ??= this.fetch(place)
      .then((page) => this.change((held) => joinPage(held, page)))
      .catch((error) => error instanceof ChatError || Promise.reject(error))
      .then(() => {
        this.paging = null
      })
    return this.paging
  }

  /** For one who has read nothing yet, and so has no message to ask around. */
  private async fetchBeginning() {
    const { list, lastSeq } = await this.chat.ask('syncMessages', {
      roomId: this.roomId,
      afterSeq: 0,
      limit: PAGE,
    })
    return { list, hasMoreBefore: false, hasMoreAfter: (list.at(-1)?.seq ?? 0) < lastSeq }
  }

  private fetch(place: { lastMessageId?: string; afterMessageId?: string; aroundMessageId?: string }) {
    return this.chat.ask('listenMessagesByRoom', { roomId: this.roomId, count: PAGE, ...place })
  }

  private aim(goal: { to: 'end' } | { to: 'message'; seq: number; isFlashed: boolean }) {
    this.goal.value = { ...goal, turn: (this.goal.value?.turn ?? 0) + 1 }
  }

  private change(how: (held: MessageWindow) => MessageWindow) {
    if (!this.isClosed) this.window.value = how(this.window.value)
  }

  private fail(error: unknown) {
    this.failure.value = error instanceof ChatError ? error.code : 'INTERNAL'
    this.state.value = 'closed'
  }
}
