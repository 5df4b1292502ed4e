import { kindOf, type Room, type RoomEvents, type RoomLook, roomAsSeenBy } from '@chat/contract'
import type { Bus, Logger } from '@chat/service'
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Session } from '../connection/session.ts'
import { LowPriorityQueue } from './low-priority-queue.ts'
import type { MessageDelivery } from './message-delivery.ts'
import { isLater, RoomCache } from './room-cache.ts'

const SHOW_DELAY_MS = 50
const VIEWS_AT_ONCE = 200

type Heard = { subscription: Subscription; members: Set<Session> }
type ClientEvent = 'listenRoom' | 'updateRoomLastMessage'
type TellRead = (roomId: string, read: RoomEvents['read']) => void
type TellTyping = (roomId: string, typing: RoomEvents['typing']) => void

/**
 * Which rooms this gateway hears, and who here is told of them. A room is heard while a member is connected;
 * messages are looked at only where someone has the room open.
 */
export class RoomUpdates {
  readonly looks: RoomCache
  private readonly bus: Bus
  private readonly logger: Logger
  private readonly delivery: MessageDelivery
  private readonly tellRead: TellRead
  private readonly tellTyping: TellTyping
  private readonly heard = new Map<string, Heard>()
  private readonly lowPriorityQueue = new LowPriorityQueue()
  private readonly toShow = new Map<string, Map<Session, ClientEvent>>()
  private timer: NodeJS.Timeout | null = null
  /**
   * Not null while what sessions may see is being loaded again: nothing is emitted then, and what is heard waits.
   * Messages do not, since every open room is brought up to date afterwards.
   */
  private early: [roomId: string, event: Msg][] | null = null

  constructor(parts: {
    bus: Bus
    logger: Logger
    delivery: MessageDelivery
    tellRead: TellRead
    tellTyping: TellTyping
  }) {
    this.bus = parts.bus
    this.logger = parts.logger
    this.delivery = parts.delivery
    this.tellRead = parts.tellRead
    this.tellTyping = parts.tellTyping
    this.looks = new RoomCache(parts.bus)
  }

  /** Starts hearing a room for a member. The caller flushes before it relies on it. */
  add(roomId: string, session: Session) {
    // What is gone is known from the least cursor here on.
    const { readSeq = 0 } = session.rooms.get(roomId) ?? {}
    if (readSeq < (this.looks.get(roomId)?.since ?? 0)) this.looks.drop(roomId)
    const known = this.heard.get(roomId)
    if (known) return void known.members.add(session)
    const subscription = this.bus.subscribe(this.bus.subjects.roomEvent(roomId, '*'), (event) =>
      this.hear(roomId, event),
    )
    this.heard.set(roomId, { subscription, members: new Set([session]) })
  }

  remove(roomId: string, session: Session) {
    const heard = this.heard.get(roomId)
    heard?.members.delete(session)
    if (!heard || heard.members.size > 0) return
    heard.subscription.unsubscribe()
    this.heard.delete(roomId)
    this.looks.forget(roomId)
  }

  pause() {
    this.early = []
    this.looks.pause()
  }

  resume() {
    const early = this.early ?? []
    this.early = null
    this.looks.resume()
    for (const [roomId, event] of early) if (this.heard.has(roomId)) this.hear(roomId, event)
  }

  /** Shows a room to a session soon, as it is then; several reasons become one event. */
  show(roomId: string, session: Session, event: ClientEvent) {
    const sessions = this.toShow.get(roomId) ?? new Map<Session, ClientEvent>()
    if (sessions.get(session) !== 'listenRoom') sessions.set(session, event)
    this.toShow.set(roomId, sessions)
    this.schedule()
  }

  /** Shows what is new in a room to every member here. */
  showAll(roomId: string, event: ClientEvent = 'updateRoomLastMessage') {
    for (const session of this.membersOf(roomId)) this.show(roomId, session, event)
  }

  stop() {
    if (this.timer) clearTimeout(this.timer)
    for (const { subscription } of this.heard.values()) subscription.unsubscribe()
    this.heard.clear()
  }

  private hear(roomId: string, event: Msg) {
    const kind = kindOf(event.subject) as keyof RoomEvents
    const isOfMessage = kind === 'message' || kind === 'change'
    if (this.early) return void (isOfMessage || this.early.push([roomId, event]))
    if (isOfMessage && !this.delivery.isOpen(roomId)) return
    if (kind === 'message') this.delivery.takeMessage(roomId, event.json())
    else if (kind === 'change') this.delivery.takeChange(roomId, event.json())
    else if (kind === 'news') this.takeNews(roomId, event.json())
    else if (kind === 'update') this.takeUpdate(roomId, event.json())
    else if (kind === 'read') this.takeRead(roomId, event.json())
    else if (kind === 'typing') this.tellTyping(roomId, event.json())
    else if (kind === 'gone') this.lookAgain(roomId)
  }

  private membersOf(roomId: string): Iterable<Session> {
    return this.heard.get(roomId)?.members ?? []
  }

  /** New messages: the room is known from its last look, else asked for. */
  private takeNews(roomId: string, { lastSeq, lastMessage, cursors }: RoomEvents['news']) {
    const look = this.looks.get(roomId)
    // Two instances of rooms may tell in either order.
    if (look && isLater(look, { lastSeq, lastMessage })) return
    if (!look) {
      // A look that is on its way may be older than this, even where it has the same message.
      this.looks.drop(roomId)
      this.looks.noteLastSeq(roomId, lastSeq)
      return this.showAll(roomId)
    }
    for (const [userId, seq] of cursors) this.looks.moveCursor(roomId, userId, seq)
    // It may have been known before it is told, and what it quotes gone in between.
    const isKnown = look.lastSeq === lastSeq && look.lastMessage?.updatedAt === lastMessage.updatedAt
    const last = isKnown && look.lastMessage?.replyTo?.text === '' ? look.lastMessage : lastMessage
    this.tellAll('updateRoomLastMessage', this.looks.keep({ ...look, lastSeq, lastMessage: last }))
  }

  /** Members or settings: what is gone is as it was. */
  private takeUpdate(roomId: string, update: Room) {
    const look = this.looks.get(roomId)
    if (!look) return this.showAll(roomId, 'listenRoom')
    this.tellAll('listenRoom', this.looks.keep({ ...update, since: look.since, gone: look.gone }))
  }

  private lookAgain(roomId: string) {
    this.looks.drop(roomId)
    this.showAll(roomId)
  }

  private takeRead(roomId: string, read: RoomEvents['read']) {
    this.looks.moveCursor(roomId, read.userId, read.seq)
    if (this.delivery.isOpen(roomId)) this.lowPriorityQueue.add(() => this.tellRead(roomId, read))
  }

  private tellAll(event: ClientEvent, room: RoomLook) {
    for (const session of this.membersOf(room._id)) this.tell(session, event, room)
  }

  private tell(session: Session, event: ClientEvent, room: RoomLook) {
    const viewer = session.rooms.get(room._id)
    if (!viewer) return
    const shown = room.joinUsers.find((user) => user._id === session.userId)
    // An alarm is told to its owner alone: how the room was last shown may be older.
    if (shown) viewer.member = { ...shown, alarmOn: viewer.member.alarmOn }
    this.lowPriorityQueue.add(() => {
      // Between now and then they may have been taken out.
      if (session.rooms.has(room._id)) session.emit(event, roomAsSeenBy(room, viewer, session.blocked))
    })
  }

  private schedule() {
    this.timer ??= setTimeout(() => void this.showDue(), SHOW_DELAY_MS)
  }

  private async showDue() {
    this.timer = null
    if (this.early) return this.schedule()
    const due = [...this.toShow].slice(0, VIEWS_AT_ONCE)
    for (const [roomId] of due) this.toShow.delete(roomId)
    try {
      const unknown = due.filter(([roomId, sessions]) => this.isUnknown(roomId, sessions))
      const stale = await this.looks.fetch(
        unknown.map(([roomId]) => ({ roomId, since: this.leastCursor(roomId) })),
      )
      for (const [roomId, sessions] of due) {
        if (stale.has(roomId)) this.showAgain(roomId, sessions)
        else this.showRoom(roomId, sessions)
      }
    } catch (err) {
      this.logger.warn({ err, rooms: due.length }, 'rooms not shown, will try again')
      for (const [roomId, sessions] of due) this.showAgain(roomId, sessions)
    }
    if (this.toShow.size > 0) this.schedule()
  }

  /** Also where more is known to have happened than was looked at; and a newcomer is shown the room as it is now. */
  private isUnknown(roomId: string, sessions: Map<Session, ClientEvent>) {
    const look = this.looks.get(roomId)
    return !look || look.lastSeq < this.looks.lastSeq(roomId) || [...sessions.values()].includes('listenRoom')
  }

  private leastCursor(roomId: string): number {
    const cursors = [...this.membersOf(roomId)].map((session) => session.rooms.get(roomId)?.readSeq ?? 0)
    return cursors.reduce((least, cursor) => Math.min(least, cursor), cursors[0] ?? 0)
  }

  private showAgain(roomId: string, sessions: Map<Session, ClientEvent>) {
    for (const [session, event] of sessions) this.show(roomId, session, event)
  }

  private showRoom(roomId: string, sessions: Map<Session, ClientEvent>) {
    const room = this.looks.get(roomId)
    if (room) for (const [session, event] of sessions) this.tell(session, event, room)
  }
}
