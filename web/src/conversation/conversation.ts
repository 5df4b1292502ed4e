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
const RETRY_MS = 1_000

/** Where the list should scroll to. Each request has a new `id`. */
type ScrollTarget = { id: number; to: 'end' } | { id: number; to: 'message'; seq: number; isFlashed: boolean }

/** An open room: a window of its messages that grows both ways, and its live events. */
export class Conversation {
  readonly roomId: string
  readonly window = signal<MessageWindow>(emptyWindow)
  readonly state = signal<'opening' | 'open' | 'closed'>('opening')
  readonly failure = signal<ChatErrorCode | null>(null)
  readonly firstUnread = signal<number | null>(null)
  readonly scrollTarget = signal<ScrollTarget | null>(null)
  /** The last message that came while the room is open, for screen readers. */
  readonly lastIncoming = signal<Message | null>(null)
  private readonly chat: OfflineChat
  private readonly me: string
  private readonly readCursor: ReadCursor
  private readonly unsubscribers: (() => void)[] = []
  private opened: OpenRoom | null = null
  private readonly readUpTo = new Map<string, number>()
  private isClosed = false
  private pageRequest: Promise<void> | null = null

  constructor(chat: OfflineChat, roomId: string, me: string) {
    this.chat = chat
    this.roomId = roomId
    this.me = me
    this.readCursor = new ReadCursor(chat, roomId, (fromSeq, seq) => this.read({ userId: me, fromSeq, seq }))
  }

  async open(targetId?: string) {
    await this.showCached()
    // The read cursor reports the user's own reading; counting the event too would count it twice.
    const onRead = (read: Reading) => read.userId !== this.me && this.read(read)
    this.unsubscribers.push(this.chat.onRoom('readMessage', this.roomId, onRead))
    const opened = await this.join()
    if (!opened) return
    this.opened = opened
    if (this.isClosed) return void opened.close()
    await this.show(opened, targetId).catch((error) => this.fail(error))
  }

  close() {
    this.isClosed = true
    for (const unsubscribe of this.unsubscribers.splice(0)) unsubscribe()
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

  /** Loads the messages around it if needed. @throws ChatError */
  async goTo(messageId: string) {
    const isLoaded = this.window.value.messages.some(({ _id }) => _id === messageId)
    if (!isLoaded) this.window.value = windowOf(await this.fetch({ aroundMessageId: messageId }))
    const found = this.window.value.messages.find(({ _id }) => _id === messageId)
    if (found) this.scrollTo({ to: 'message', seq: found.seq, isFlashed: true })
  }

  async goToEnd() {
    if (this.window.value.hasAfter) this.window.value = windowOf(await this.fetch({}))
    this.scrollTo({ to: 'end' })
  }

  /** Call when the end of the list is visible. */
  markRead() {
    const last = lastOf(this.window.value)
    if (last && !this.window.value.hasAfter && this.state.value === 'open') this.readCursor.move(last)
  }

  private async showCached() {
    const cached = await this.chat.cache.messages(this.roomId)
    if (cached.length === 0 || this.window.value.messages.length > 0) return
    this.window.value = { messages: cached, hasBefore: (cached[0] as Message).seq > 1, hasAfter: false }
  }

  /** Tries until the room is open, refused for good, or closed by the user. */
  private async join(): Promise<OpenRoom | null> {
    while (!this.isClosed) {
      try {
        return await this.chat.openRoom(this.roomId, {
          onMessage: (message) => this.onMessage(message),
          onUpdate: (message) => this.update((window) => reviseMessage(window, message)),
          onRecovered: ({ recovered }) => this.recovered(recovered),
          onClosed: (error) => this.fail(error),
        })
      } catch (error) {
        if (!(error instanceof ChatError) || !error.retryable) {
          this.fail(error)
          return null
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    return null
  }

  private async show({ joined }: OpenRoom, targetId: string | undefined) {
    const { lastReadMessageId = null, unReadMsgCount = 0, lastSeq = 0 } = joined ?? {}
    this.readCursor.startAt(lastSeq)
    const isFar = unReadMsgCount > PAGE / 2
    const aroundId = targetId ?? (isFar ? lastReadMessageId : null)
    const page =
      aroundId === null && isFar
        ? await this.fetchBeginning()
        : await this.fetch(aroundId === null ? {} : { aroundMessageId: aroundId })
    this.window.value = joinPage(this.window.value, page)
    this.firstUnread.value = unReadMsgCount > 0 ? this.firstAfter(lastReadMessageId) : null
    this.state.value = 'open'
    const targetSeq = this.window.value.messages.find(({ _id }) => _id === targetId)?.seq
    const seq = targetSeq ?? this.firstUnread.value
    if (seq === null) this.scrollTo({ to: 'end' })
    else this.scrollTo({ to: 'message', seq, isFlashed: targetSeq !== undefined })
  }

  /** After a reconnect. Joining again has marked the room as read. */
  private recovered(isWhole: boolean) {
    this.readCursor.startAt(this.opened?.seq ?? 0)
    if (!isWhole) void this.goToEnd().catch((error) => this.fail(error))
  }

  /** The server repeats a range after a reconnect or a send: only what is new is counted. */
  private read({ userId, fromSeq, seq }: Reading) {
    const from = Math.max(fromSeq, this.readUpTo.get(userId) ?? 0)
    this.readUpTo.set(userId, Math.max(from, seq))
    this.update((window) => readMessages(window, { userId, fromSeq: from, seq }))
  }

  /** Message ids of one room sort like its messages. */
  private firstAfter(messageId: string | null): number | null {
    const isUnread = ({ _id, author, status }: Message) =>
      _id > (messageId ?? '') && author.authorId !== this.me && !status.deleted
    return this.window.value.messages.find(isUnread)?.seq ?? null
  }

  private onMessage(message: Message) {
    this.update((window) => takeMessage(window, message))
    this.lastIncoming.value = message
    if (message.author.authorId !== this.me) return
    // The user's own message ends the unread part and is scrolled to.
    this.firstUnread.value = null
    if (!this.window.value.hasAfter) this.scrollTo({ to: 'end' })
    else void this.goToEnd().catch(() => {})
  }

  private page(place: { lastMessageId: string } | { afterMessageId: string }) {
    this.pageRequest ??= this.fetch(place)
      .then((page) => this.update((window) => joinPage(window, page)))
      .catch((error) => error instanceof ChatError || Promise.reject(error))
      .then(() => {
        this.pageRequest = null
      })
    return this.pageRequest
  }

  /** For a user who has read nothing, so that there is no message to load around. */
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

  private scrollTo(target: { to: 'end' } | { to: 'message'; seq: number; isFlashed: boolean }) {
    this.scrollTarget.value = { ...target, id: (this.scrollTarget.value?.id ?? 0) + 1 }
  }

  private update(change: (window: MessageWindow) => MessageWindow) {
    if (!this.isClosed) this.window.value = change(this.window.value)
  }

  private fail(error: unknown) {
    this.failure.value = error instanceof ChatError ? error.code : 'INTERNAL'
    this.state.value = 'closed'
  }
}
