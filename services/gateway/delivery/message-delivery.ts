import { type Caller, isGone, type Message, type RoomEvents } from '@chat/contract'
import type { Bus, Logger, Metrics } from '@chat/service'
import { OrderedQueue } from './ordered-queue.ts'

const GAP_WAIT_MS = 50
const RETRY_MS = 250

/** What delivery needs of a socket. */
export type Listener = { deliver: (message: Message) => void }
export type Tell = (event: 'listenMessage' | 'updateMessage', message: Message) => void
/** Where a room stands when it is opened. */
export type Standing = { lastSeq: number; lastChange: number }

type Lane = {
  listeners: Set<Listener>
  /** Sockets that are about to listen: what arrives for them is kept. */
  opening: number
  messages: OrderedQueue<Message>
  changes: OrderedQueue<Message>
  /** Later states of messages that have not been delivered yet. */
  changedEarly: Map<number, Message>
  /** Messages that went while the room was open: a reply that is on its way may quote them still. */
  gone: Set<string>
  timer: NodeJS.Timeout | null
}

/**
 * Messages of open rooms in `seq` order, and changes to them in theirs, each once: gaps are waited for, then fetched.
 */
export class MessageDelivery {
  private readonly bus: Bus
  private readonly logger: Logger
  private readonly metrics: Metrics
  private readonly tell: Tell
  private readonly lanes = new Map<string, Lane>()

  constructor(parts: { bus: Bus; logger: Logger; metrics: Metrics; tell: Tell }) {
    this.bus = parts.bus
    this.logger = parts.logger
    this.metrics = parts.metrics
    this.tell = parts.tell
  }

  isOpen(roomId: string) {
    return this.lanes.has(roomId)
  }

  /** To be called before it is asked where the room stands, so that nothing falls between. */
  begin(roomId: string) {
    this.laneOf(roomId).opening += 1
  }

  /** Where `begin` came to nothing. */
  giveUp(roomId: string) {
    const lane = this.laneOf(roomId)
    lane.opening -= 1
    this.dropIfIdle(roomId, lane)
  }

  /** From here on the listener gets every message after `lastSeq`. `join` runs in the moment from which it counts. */
  async open(roomId: string, listener: Listener, { lastSeq, lastChange }: Standing, join: () => void) {
    const lane = this.laneOf(roomId)
    lane.messages.startAt(lastSeq)
    lane.changes.startAt(lastChange)
    // Others have the room open and are further: this one alone gets what it would miss.
    try {
      for (let at = lastSeq; at < deliveredOf(lane); ) at = await this.catchUpOne(roomId, listener, at, lane)
      join()
    } catch (error) {
      this.giveUp(roomId)
      throw error
    }
    lane.opening -= 1
    lane.listeners.add(listener)
    this.repairGap(roomId, lane)
  }

  close(roomId: string, listener: Listener) {
    const lane = this.lanes.get(roomId)
    if (!lane) return
    lane.listeners.delete(listener)
    this.dropIfIdle(roomId, lane)
  }

  hear(roomId: string, message: Message) {
    const lane = this.lanes.get(roomId)
    if (!lane) return
    lane.messages.take(message.seq, message)
    this.repairGap(roomId, lane)
  }

  hearChange(roomId: string, { change, message }: RoomEvents['change']) {
    const lane = this.lanes.get(roomId)
    if (!lane) return
    lane.changes.take(change, message)
    this.repairGap(roomId, lane)
  }

  /** After events may have been missed: a room, or every open one, is brought up to date. */
  catchUpAll(roomIds: Iterable<string> = this.lanes.keys()) {
    for (const roomId of roomIds) {
      const lane = this.lanes.get(roomId)
      if (lane) void this.repair(roomId, lane)
    }
  }

  stop() {
    for (const [roomId, lane] of this.lanes) this.drop(roomId, lane)
  }

  private laneOf(roomId: string): Lane {
    const known = this.lanes.get(roomId)
    if (known) return known
    const lane: Lane = {
      listeners: new Set(),
      opening: 0,
      messages: new OrderedQueue<Message>((message) => this.deliver(lane, message)),
      changes: new OrderedQueue<Message>((message) => this.deliverChange(lane, message)),
      changedEarly: new Map(),
      gone: new Set(),
      timer: null,
    }
    this.lanes.set(roomId, lane)
    return lane
  }

  private dropIfIdle(roomId: string, lane: Lane) {
    if (lane.listeners.size === 0 && lane.opening <= 0) this.drop(roomId, lane)
  }

  private drop(roomId: string, lane: Lane) {
    if (lane.timer) clearTimeout(lane.timer)
    if (this.lanes.get(roomId) === lane) this.lanes.delete(roomId)
  }

  private deliver(lane: Lane, message: Message) {
    const later = lane.changedEarly.get(message.seq)
    lane.changedEarly.delete(message.seq)
    this.metrics.deliveries.observe(lane.listeners.size)
    const latest = later && later.updatedAt > message.updatedAt ? later : message
    const { replyTo } = latest
    const isQuoteGone = replyTo !== null && lane.gone.has(replyTo.messageId)
    this.tell('listenMessage', isQuoteGone ? { ...latest, replyTo: { ...replyTo, text: '' } } : latest)
  }

  private deliverChange(lane: Lane, message: Message) {
    if (isGone(message)) lane.gone.add(message._id)
    else lane.gone.delete(message._id)
    if (message.seq <= deliveredOf(lane)) this.tell('updateMessage', message)
    else lane.changedEarly.set(message.seq, message)
  }

  private repairGap(roomId: string, lane: Lane) {
    if (lane.messages.hasGap || lane.changes.hasGap) this.repairLater(roomId, lane, GAP_WAIT_MS)
  }

  private repairLater(roomId: string, lane: Lane, delay: number) {
    lane.timer ??= setTimeout(() => {
      lane.timer = null
      void this.repair(roomId, lane)
    }, delay)
  }

  private async repair(roomId: string, lane: Lane) {
    const { messages, changes } = lane
    if (messages.at === null || changes.at === null || this.lanes.get(roomId) !== lane) return
    this.metrics.repairs.inc()
    try {
      const missed = await this.replay(roomId, messages.at, changes.at)
      for (const message of missed.list) messages.take(message.seq, message)
      for (const { change, message } of missed.changed) changes.take(change, message)
      const isBehind = messages.at < missed.lastSeq || changes.at < missed.lastChange
      if (isBehind) this.repairLater(roomId, lane, 0)
    } catch (err) {
      this.logger.warn({ err, roomId }, 'gap not repaired, will try again')
      this.repairLater(roomId, lane, RETRY_MS)
    }
  }

  private async catchUpOne(roomId: string, listener: Listener, from: number, lane: Lane): Promise<number> {
    const { list } = await this.replay(roomId, from, lane.changes.at ?? 0)
    const missed = list.filter((message) => message.seq <= deliveredOf(lane))
    for (const message of missed) listener.deliver(message)
    return missed.at(-1)?.seq ?? Number.POSITIVE_INFINITY
  }

  private replay(roomId: string, afterSeq: number, afterChange: number) {
    const caller: Caller = { userId: '', requestId: crypto.randomUUID() }
    return this.bus.ask('replayMessages', caller, { roomId, afterSeq, afterChange })
  }
}

const deliveredOf = (lane: Lane) => lane.messages.at ?? 0
