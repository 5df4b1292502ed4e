import { type Caller, isGone, type Message, type RoomEvents } from '@chat/contract'
import { OrderedQueue } from '@chat/contract/ordered-queue'
import { type Bus, encode, type Logger, type Metrics } from '@chat/service'
import type { Subscription } from '@nats-io/transport-node'
import type { Typing } from '../presence/typing.ts'
import type { Broadcast } from './broadcast.ts'

const GAP_WAIT_MS = 50
const RETRY_MS = 250

type Listener = (message: Message) => void
/** The last numbers of a room, as `joinRoom` answers them. */
export type RoomEnd = { lastSeq: number; lastChange: number }
type Parts = { bus: Bus; logger: Logger; metrics: Metrics; broadcast: Broadcast; typing: Typing }

type Room = {
  id: string
  listeners: Set<Listener>
  /** Sockets that are opening the room: events are queued for them already. */
  opening: number
  messages: OrderedQueue<Message>
  changes: OrderedQueue<Message>
  /** Messages that went while the room was open: a reply that arrives later may still quote them. */
  gone: Set<string>
  timer: NodeJS.Timeout | null
  /** Answers who has the room open here. Where nobody has it open, NATS answers at once that nobody responds. */
  presence: Subscription | null
}

/** Delivers messages of open rooms and their changes, in order and once. What is missing after 50 ms is fetched. */
export class MessageDelivery {
  private readonly parts: Parts
  private readonly rooms = new Map<string, Room>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  isOpen(roomId: string) {
    return this.rooms.has(roomId)
  }

  /** Call it before asking where the room ends, so that no message falls between. Then `open` or `cancelOpening`. */
  beginOpening(roomId: string) {
    this.roomOf(roomId).opening += 1
  }

  cancelOpening(roomId: string) {
    const room = this.roomOf(roomId)
    room.opening -= 1
    this.dropIfIdle(room)
  }

  /** The listener gets every message after `lastSeq`. `join` runs at the moment from which broadcasts reach it. */
  async open(roomId: string, listener: Listener, { lastSeq, lastChange }: RoomEnd, join: () => void) {
    const room = this.roomOf(roomId)
    room.messages.startAt(lastSeq)
    room.changes.startAt(lastChange)
    try {
      // Where the room is open already, this listener alone gets what the others had after `lastSeq`.
      for (let seq = lastSeq; seq < deliveredSeq(room); ) seq = await this.catchUpOne(room, listener, seq)
      join()
    } catch (error) {
      this.cancelOpening(roomId)
      throw error
    }
    room.opening -= 1
    room.listeners.add(listener)
    room.presence ??= this.answerPresence(roomId)
    this.repairGap(room)
  }

  close(roomId: string, listener: Listener) {
    const room = this.rooms.get(roomId)
    if (!room) return
    room.listeners.delete(listener)
    this.dropIfIdle(room)
  }

  /** Ignored unless the room is open, as is `takeChange`. */
  takeMessage(roomId: string, message: Message) {
    const room = this.rooms.get(roomId)
    if (!room) return
    room.messages.take(message.seq, message)
    this.repairGap(room)
  }

  takeChange(roomId: string, { change, message }: RoomEvents['change']) {
    const room = this.rooms.get(roomId)
    if (!room) return
    room.changes.take(change, message)
    this.repairGap(room)
  }

  /** The room has messages and changes up to these numbers: what is not delivered soon was missed, and is fetched. */
  expect(roomId: string, { lastSeq = 0, lastChange = 0 }: Partial<RoomEnd>) {
    const room = this.rooms.get(roomId)
    if (!room) return
    room.messages.expect(lastSeq)
    room.changes.expect(lastChange)
    this.repairGap(room)
  }

  /** Fetches what these rooms, or all open ones, may have missed. */
  catchUp(roomIds: Iterable<string> = this.rooms.keys()) {
    for (const roomId of roomIds) {
      const room = this.rooms.get(roomId)
      if (room) void this.repair(room)
    }
  }

  stop() {
    for (const room of this.rooms.values()) this.drop(room)
  }

  private roomOf(roomId: string): Room {
    const known = this.rooms.get(roomId)
    if (known) return known
    const room: Room = {
      id: roomId,
      listeners: new Set(),
      opening: 0,
      messages: new OrderedQueue<Message>({
        deliver: (message) => this.deliver(room, message),
        update: (message) => this.parts.broadcast.message('updateMessage', message),
      }),
      changes: new OrderedQueue<Message>({ deliver: (message) => deliverChange(room, message) }),
      gone: new Set(),
      timer: null,
      presence: null,
    }
    this.rooms.set(roomId, room)
    return room
  }

  private dropIfIdle(room: Room) {
    if (room.listeners.size === 0 && room.opening <= 0) this.drop(room)
  }

  private drop(room: Room) {
    clearTimeout(room.timer ?? undefined)
    room.presence?.unsubscribe()
    if (this.rooms.get(room.id) === room) this.rooms.delete(room.id)
  }

  private answerPresence(roomId: string): Subscription {
    const { bus, broadcast } = this.parts
    return bus.subscribe(bus.subjects.roomPresence(roomId), (request) =>
      request.respond(encode(broadcast.usersIn(roomId))),
    )
  }

  private deliver(room: Room, message: Message) {
    const { metrics, broadcast, typing } = this.parts
    metrics.deliveries.observe(room.listeners.size)
    broadcast.message('listenMessage', withoutGoneQuote(room, message))
    typing.end(message.roomId, message.author.authorId)
  }

  private repairGap(room: Room, delay = GAP_WAIT_MS) {
    if (!isBehind(room)) return
    room.timer ??= setTimeout(() => {
      room.timer = null
      // What was missing may have come meanwhile.
      if (isBehind(room)) void this.repair(room)
    }, delay)
  }

  private retry(room: Room) {
    clearTimeout(room.timer ?? undefined)
    room.timer = setTimeout(() => {
      room.timer = null
      void this.repair(room)
    }, RETRY_MS)
  }

  private async repair(room: Room) {
    const { messages, changes, id: roomId } = room
    if (messages.last === null || changes.last === null || this.rooms.get(roomId) !== room) return
    this.parts.metrics.repairs.inc()
    try {
      const missed = await this.replay(roomId, messages.last, changes.last)
      for (const message of missed.list) messages.take(message.seq, message)
      for (const { change, message } of missed.changed) changes.take(change, message)
      messages.expect(missed.lastSeq)
      changes.expect(missed.lastChange)
      const hasMore = missed.list.length + missed.changed.length > 0
      this.repairGap(room, hasMore ? 0 : GAP_WAIT_MS)
    } catch (err) {
      this.parts.logger.warn({ err, roomId }, 'could not repair a gap; will retry')
      this.retry(room)
    }
  }

  /** @returns the seq that the listener has now */
  private async catchUpOne(room: Room, listener: Listener, afterSeq: number): Promise<number> {
    const { list } = await this.replay(room.id, afterSeq, room.changes.last ?? 0)
    const missed = list.filter((message) => message.seq <= deliveredSeq(room))
    for (const message of missed) listener(message)
    return missed.at(-1)?.seq ?? Number.POSITIVE_INFINITY
  }

  private replay(roomId: string, afterSeq: number, afterChange: number) {
    const caller: Caller = { userId: '', requestId: crypto.randomUUID() }
    return this.parts.bus.ask('replayMessages', caller, { roomId, afterSeq, afterChange })
  }
}

const isBehind = ({ messages, changes }: Room) => messages.isBehind || changes.isBehind

const deliveredSeq = (room: Room) => room.messages.last ?? 0

/** @returns false where the message is still to come and too many wait: the change is fetched again with it */
function deliverChange({ gone, messages }: Room, message: Message): boolean {
  if (isGone(message)) gone.add(message._id)
  else gone.delete(message._id)
  return messages.revise(message.seq, message)
}

function withoutGoneQuote({ gone }: Room, message: Message): Message {
  const { replyTo } = message
  const isQuoteGone = replyTo !== null && gone.has(replyTo.messageId)
  return isQuoteGone ? { ...message, replyTo: { ...replyTo, text: '' } } : message
}
