import type { Caller, Message } from '@chat/contract'
import type { Bus, Logger, Metrics } from '@chat/service'

const GAP_WAIT_MS = 50
const RETRY_MS = 250

/** What delivery needs of a socket. */
export type Listener = { deliver: (message: Message) => void }
type Emit = (roomId: string, message: Message) => void

type Lane = {
  listeners: Set<Listener>
  /** Sockets that are about to listen: what arrives for them is kept. */
  opening: number
  /** The seq up to which everything has been delivered; null until the first socket knows where it begins. */
  delivered: number | null
  waiting: Map<number, Message>
  timer: NodeJS.Timeout | null
}

/** Messages of open rooms, in `seq` order and each once: repeats are dropped, gaps are waited for, then fetched. */
export class Delivery {
  private readonly bus: Bus
  private readonly logger: Logger
  private readonly metrics: Metrics
  private readonly emit: Emit
  private readonly lanes = new Map<string, Lane>()

  constructor(parts: { bus: Bus; logger: Logger; metrics: Metrics; emit: Emit }) {
    this.bus = parts.bus
    this.logger = parts.logger
    this.metrics = parts.metrics
    this.emit = parts.emit
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

  /** From here on the listener gets every message after `seq`. */
  async open(roomId: string, listener: Listener, seq: number, join: () => void) {
    const lane = this.laneOf(roomId)
    lane.delivered ??= seq
    // Others have the room open and are further: this one alone gets what it would miss.
    try {
      for (let at = seq; at < lane.delivered; ) at = await this.catchUpOne(roomId, listener, at, lane)
    } finally {
      lane.opening -= 1
    }
    lane.listeners.add(listener)
    join()
    this.advance(roomId, lane)
  }

  close(roomId: string, listener: Listener) {
    const lane = this.lanes.get(roomId)
    if (!lane) return
    lane.listeners.delete(listener)
    this.dropIfIdle(roomId, lane)
  }

  hear(roomId: string, message: Message) {
    const lane = this.lanes.get(roomId)
    if (!lane || (lane.delivered !== null && message.seq <= lane.delivered)) return
    lane.waiting.set(message.seq, message)
    if (lane.delivered !== null) this.advance(roomId, lane)
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
    const lane: Lane = { listeners: new Set(), opening: 0, delivered: null, waiting: new Map(), timer: null }
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

  private advance(roomId: string, lane: Lane) {
    if (lane.delivered === null) return
    for (const seq of lane.waiting.keys()) if (seq <= lane.delivered) lane.waiting.delete(seq)
    for (let next = lane.waiting.get(lane.delivered + 1); next; next = lane.waiting.get(lane.delivered + 1)) {
      lane.waiting.delete(next.seq)
      lane.delivered = next.seq
      this.metrics.deliveries.observe(lane.listeners.size)
      this.emit(roomId, next)
    }
    if (lane.waiting.size > 0) this.repairLater(roomId, lane, GAP_WAIT_MS)
  }

  private repairLater(roomId: string, lane: Lane, delay: number) {
    lane.timer ??= setTimeout(() => {
      lane.timer = null
      void this.repair(roomId, lane)
    }, delay)
  }

  private async repair(roomId: string, lane: Lane) {
    const from = lane.delivered
    if (from === null || this.lanes.get(roomId) !== lane) return
    try {
      const { list, lastSeq } = await this.replay(roomId, from)
      for (const message of list) lane.waiting.set(message.seq, message)
      this.advance(roomId, lane)
      if ((lane.delivered ?? 0) < lastSeq) this.repairLater(roomId, lane, 0)
    } catch (err) {
      this.logger.warn({ err, roomId }, 'gap not repaired, will try again')
      this.repairLater(roomId, lane, RETRY_MS)
    }
  }

  private async catchUpOne(roomId: string, listener: Listener, from: number, lane: Lane): Promise<number> {
    const { list } = await this.replay(roomId, from)
    const missed = list.filter((message) => message.seq <= (lane.delivered ?? 0))
    for (const message of missed) listener.deliver(message)
    return missed.at(-1)?.seq ?? Number.POSITIVE_INFINITY
  }

  private replay(roomId: string, afterSeq: number) {
    const caller: Caller = { userId: '', requestId: crypto.randomUUID() }
    return this.bus.ask('replayMessages', caller, { roomId, afterSeq })
  }
}
