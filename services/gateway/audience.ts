import { kindOf, messageId, type Room, type RoomEvents, roomAsSeenBy } from '@chat/contract'
import type { Bus, Logger } from '@chat/service'
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Delivery } from './delivery.ts'
import type { Session } from './session.ts'
import { Telling } from './telling.ts'

const SHOW_DELAY_MS = 50
const REMEMBERED_ROOMS = 2_000
const VIEWS_AT_ONCE = 200

type Heard = { subscription: Subscription; members: Set<Session> }
type ClientEvent = 'listenRoom' | 'updateRoomLastMessage'
type EmitOpen = (roomId: string, event: 'readMessage', payload: RoomEvents['read']) => void

/**
 * Which rooms this gateway hears, and who here is told of them. A room is heard while a member is connected;
 * messages are looked at only where someone has the room open.
 */
export class Audience {
  private readonly bus: Bus
  private readonly logger: Logger
  private readonly delivery: Delivery
  private readonly emitOpen: EmitOpen
  private readonly heard = new Map<string, Heard>()
  /** How rooms looked when last announced; so that a moved cursor costs no question. */
  private readonly looks = new Map<string, Room>()
  /** How far each heard room was when last told of, to see after an outage what was missed. */
  private readonly seen = new Map<string, number>()
  private readonly telling = new Telling()
  private readonly toShow = new Map<string, Map<Session, ClientEvent>>()
  private timer: NodeJS.Timeout | null = null
  /**
   * Not null while what sessions may see is being loaded again: nothing is emitted then, and what is heard waits.
   * Messages do not, since every open room is brought up to date afterwards.
   */
  private early: [roomId: string, event: Msg][] | null = null

  constructor(parts: { bus: Bus; logger: Logger; delivery: Delivery; emitOpen: EmitOpen }) {
    this.bus = parts.bus
    this.logger = parts.logger
    this.delivery = parts.delivery
    this.emitOpen = parts.emitOpen
  }

  /** Starts hearing a room for a member. The caller flushes before it relies on it. */
  add(roomId: string, session: Session) {
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
    this.looks.delete(roomId)
    this.seen.delete(roomId)
  }

  lastSeq(roomId: string): number {
    return this.seen.get(roomId) ?? 0
  }

  noteLastSeq(roomId: string, seq: number) {
    this.seen.set(roomId, Math.max(seq, this.lastSeq(roomId)))
  }

  /** What rooms looked like is worth nothing once events may have been missed. */
  pause() {
    this.early = []
    this.looks.clear()
  }

  resume() {
    const early = this.early ?? []
    this.early = null
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
  showAll(roomId: string) {
    for (const session of this.membersOf(roomId)) this.show(roomId, session, 'updateRoomLastMessage')
  }

  stop() {
    if (this.timer) clearTimeout(this.timer)
    for (const { subscription } of this.heard.values()) subscription.unsubscribe()
    this.heard.clear()
  }

  private hear(roomId: string, event: Msg) {
    const kind = kindOf(event.subject)
    if (this.early) {
      if (kind !== 'message') this.early.push([roomId, event])
    } else if (kind === 'message') {
      if (this.delivery.isOpen(roomId)) this.delivery.hear(roomId, event.json())
    } else if (kind === 'news') {
      this.takeNews(roomId, event.json())
    } else if (kind === 'update') {
      const room = this.remember(event.json())
      for (const session of this.membersOf(roomId)) this.tell(session, 'listenRoom', room)
    } else if (kind === 'read') {
      this.takeRead(roomId, event.json())
    }
  }

  private membersOf(roomId: string): Iterable<Session> {
    return this.heard.get(roomId)?.members ?? []
  }

  /** New messages: the room is known from its last look, else asked for. */
  private takeNews(roomId: string, { lastSeq, lastMessage, cursors }: RoomEvents['news']) {
    const look = this.looks.get(roomId)
    // Two instances of rooms may tell in either order.
    if (look && look.lastSeq > lastSeq) return
    if (!look) {
      // A look that is on its way may be older than this.
      this.noteLastSeq(roomId, lastSeq)
      return this.showAll(roomId)
    }
    for (const [userId, seq] of cursors) moveCursor(look, userId, seq)
    const room = this.remember({ ...look, lastSeq, lastMessage })
    for (const session of this.membersOf(roomId)) this.tell(session, 'updateRoomLastMessage', room)
  }

  private takeRead(roomId: string, read: RoomEvents['read']) {
    const look = this.looks.get(roomId)
    if (look) moveCursor(look, read.userId, read.seq)
    if (this.delivery.isOpen(roomId)) this.telling.add(() => this.emitOpen(roomId, 'readMessage', read))
  }

  private tell(session: Session, event: ClientEvent, room: Room) {
    const viewer = session.rooms.get(room._id)
    if (!viewer) return
    viewer.member = room.joinUsers.find((user) => user._id === session.userId) ?? viewer.member
    this.telling.add(() => session.emit(event, roomAsSeenBy(room, viewer)))
  }

  /** Keeps how a room looks. */
  private remember(room: Room): Room {
    const known = this.looks.get(room._id)
    const newest = known ? merged(known, room) : room
    this.looks.delete(room._id)
    this.looks.set(room._id, newest)
    this.noteLastSeq(room._id, newest.lastSeq)
    if (this.looks.size > REMEMBERED_ROOMS) this.looks.delete(this.looks.keys().next().value as string)
    return newest
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
      await this.look(due.filter(([id, sessions]) => this.isUnknown(id, sessions)).map(([roomId]) => roomId))
      for (const [roomId, sessions] of due) this.showRoom(roomId, sessions)
    } catch (err) {
      this.logger.warn({ err, rooms: due.length }, 'rooms not shown, will try again')
      for (const [roomId, sessions] of due)
        for (const [session, event] of sessions) this.show(roomId, session, event)
    }
    if (this.toShow.size > 0) this.schedule()
  }

  /** Also where more is known to have happened than was looked at; and a newcomer is shown the room as it is now. */
  private isUnknown(roomId: string, sessions: Map<Session, ClientEvent>) {
    const look = this.looks.get(roomId)
    return !look || look.lastSeq < this.lastSeq(roomId) || [...sessions.values()].includes('listenRoom')
  }

  private async look(roomIds: string[]) {
    if (roomIds.length === 0) return
    const { rooms } = await this.bus.ask(
      'viewRooms',
      { userId: '', requestId: crypto.randomUUID() },
      { roomIds },
    )
    for (const room of rooms) this.remember(room)
  }

  private showRoom(roomId: string, sessions: Map<Session, ClientEvent>) {
    const room = this.looks.get(roomId)
    if (room) for (const [session, event] of sessions) this.tell(session, event, room)
  }
}

/** What is told late, or was read before something else was told, takes nothing back. */
function merged(known: Room, told: Room): Room {
  const { lastSeq, lastMessage } = known.lastSeq > told.lastSeq ? known : told
  const room = { ...(known.updatedAt > told.updatedAt ? known : told), lastSeq, lastMessage }
  for (const { _id, lastReadMessageId } of known.joinUsers) {
    if (lastReadMessageId !== null) moveCursorTo(room, _id, lastReadMessageId)
  }
  return room
}

const moveCursor = (room: Room, userId: string, seq: number) =>
  moveCursorTo(room, userId, messageId(room._id, seq))

function moveCursorTo(room: Room, userId: string, id: string) {
  const user = room.joinUsers.find((candidate) => candidate._id === userId)
  // Ids of one room sort as their seqs do.
  if (user && (user.lastReadMessageId ?? '') < id) user.lastReadMessageId = id
}
