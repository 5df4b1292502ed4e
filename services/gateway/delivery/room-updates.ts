import { kindOf, type Room, type RoomEvents } from '@chat/contract'
import type { Bus, Logger } from '@chat/service'
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Session } from '../connection/session.ts'
import type { Typing } from '../presence/typing.ts'
import type { Broadcast } from './broadcast.ts'
import { LowPriorityQueue } from './low-priority-queue.ts'
import type { MessageDelivery } from './message-delivery.ts'
import { isLater, RoomCache } from './room-cache.ts'
import { type RoomViewEvent, RoomViews } from './room-views.ts'

type Parts = { bus: Bus; logger: Logger; delivery: MessageDelivery; broadcast: Broadcast; typing: Typing }
type Handlers = {
  [K in Exclude<keyof RoomEvents, 'access' | 'fact' | 'opened'>]: (
    roomId: string,
    event: RoomEvents[K],
  ) => void
}
type SubscribedRoom = { subscription: Subscription; members: Set<Session> }

/** Subscribes to the events of a room while a member is connected here, and passes them on. */
export class RoomUpdates {
  readonly cache: RoomCache
  private readonly parts: Parts
  private readonly views: RoomViews
  private readonly rooms = new Map<string, SubscribedRoom>()
  private readonly queue = new LowPriorityQueue()
  /** Events wait here during and after an outage, until `resume`. Messages do not: open rooms are caught up. */
  private heldEvents: [roomId: string, event: Msg][] | null = null
  private readonly handlers: Handlers

  constructor(parts: Parts) {
    this.parts = parts
    this.cache = new RoomCache(parts.bus)
    const membersOf = (roomId: string) => this.membersOf(roomId)
    this.views = new RoomViews({ logger: parts.logger, cache: this.cache, queue: this.queue, membersOf })
    const { delivery, typing } = parts
    this.handlers = {
      message: (roomId, message) => delivery.takeMessage(roomId, message),
      change: (roomId, change) => delivery.takeChange(roomId, change),
      news: (roomId, news) => this.takeNews(roomId, news),
      update: (roomId, room) => this.takeUpdate(roomId, room),
      read: (roomId, read) => this.takeRead(roomId, read),
      typing: (roomId, state) => typing.take(roomId, state),
      gone: (roomId, gone) => this.takeGone(roomId, gone),
    }
  }

  /** Subscribes to a room for a member. The caller flushes the bus before it relies on it. */
  subscribe(roomId: string, session: Session) {
    // The cached room counts what is gone from the least cursor of its members on.
    const { readSeq = 0 } = session.rooms.get(roomId) ?? {}
    if (readSeq < (this.cache.get(roomId)?.since ?? 0)) this.cache.drop(roomId)
    const known = this.rooms.get(roomId)
    if (known) return void known.members.add(session)
    const { bus } = this.parts
    const subject = bus.subjects.roomEvent(roomId, '*')
    const subscription = bus.subscribe(subject, (event) => this.takeEvent(roomId, event))
    this.rooms.set(roomId, { subscription, members: new Set([session]) })
  }

  unsubscribe(roomId: string, session: Session) {
    const room = this.rooms.get(roomId)
    room?.members.delete(session)
    if (!room || room.members.size > 0) return
    room.subscription.unsubscribe()
    this.rooms.delete(roomId)
    this.cache.forget(roomId)
  }

  /** Sends nothing until `resume`: what sessions may see is not known. */
  pause() {
    this.heldEvents = []
    this.cache.pause()
    this.views.isPaused = true
  }

  resume() {
    const held = this.heldEvents ?? []
    this.heldEvents = null
    this.views.isPaused = false
    for (const [roomId, event] of held) if (this.rooms.has(roomId)) this.takeEvent(roomId, event)
  }

  /** Sends the room soon, as it is then, to every member here or to some. */
  refresh(roomId: string, event: RoomViewEvent = 'updateRoomLastMessage', sessions = this.membersOf(roomId)) {
    for (const session of sessions) this.views.refresh(roomId, session, event)
  }

  stop() {
    this.views.stop()
    for (const { subscription } of this.rooms.values()) subscription.unsubscribe()
    this.rooms.clear()
  }

  private membersOf(roomId: string): Iterable<Session> {
    return this.rooms.get(roomId)?.members ?? []
  }

  private takeEvent(roomId: string, event: Msg) {
    const kind = kindOf(event.subject)
    const isOfMessage = kind === 'message' || kind === 'change'
    if (this.heldEvents) return void (isOfMessage || this.heldEvents.push([roomId, event]))
    // Decoding costs: most rooms are not open.
    if (isOfMessage && !this.parts.delivery.isOpen(roomId)) return
    if (Object.hasOwn(this.handlers, kind)) this.handlers[kind as keyof Handlers](roomId, event.json<never>())
  }

  private takeGone(roomId: string, { lastChange = 0 }: RoomEvents['gone']) {
    this.parts.delivery.expect(roomId, { lastChange })
    this.cache.drop(roomId)
    this.refresh(roomId)
  }

  /** New messages: they are put into the cached room. A room that is not cached is fetched. */
  private takeNews(roomId: string, { lastSeq, lastMessage, cursors }: RoomEvents['news']) {
    this.parts.delivery.expect(roomId, { lastSeq })
    const room = this.cache.get(roomId)
    // Two instances of rooms may publish in either order.
    if (room && isLater(room, { lastSeq, lastMessage })) return
    if (!room) {
      // An answer that is on its way may be older than this event, even if it has the same message.
      this.cache.drop(roomId)
      this.cache.noteLastSeq(roomId, lastSeq)
      return this.refresh(roomId)
    }
    for (const [userId, seq] of cursors) this.cache.moveCursor(roomId, userId, seq)
    // The cached message may be this one already, with a quote that was emptied since the event was published.
    const isKnown = room.lastSeq === lastSeq && room.lastMessage?.updatedAt === lastMessage.updatedAt
    const last = isKnown && room.lastMessage?.replyTo?.text === '' ? room.lastMessage : lastMessage
    this.views.sendAll('updateRoomLastMessage', this.cache.put({ ...room, lastSeq, lastMessage: last }))
  }

  /** Members or settings changed. The event does not say which messages are gone: those stay as cached. */
  private takeUpdate(roomId: string, update: Room) {
    const room = this.cache.get(roomId)
    if (!room) return this.refresh(roomId, 'listenRoom')
    this.views.sendAll('listenRoom', this.cache.put({ ...update, since: room.since, gone: room.gone }))
  }

  private takeRead(roomId: string, read: RoomEvents['read']) {
    const { delivery, broadcast } = this.parts
    this.cache.moveCursor(roomId, read.userId, read.seq)
    const sockets = broadcast.socketCount(roomId)
    if (delivery.isOpen(roomId)) this.queue.add(roomId, sockets, () => broadcast.read(roomId, read))
  }
}
