import type { Message, RoomServerEvents } from '@chat/contract'
import { persist } from '../connection/backoff.ts'
import type { ChatError } from '../connection/chat-error.ts'
import type { Connection, ConnectionState } from '../connection/connection.ts'
import type { AskOutput } from '../connection/events.ts'
import { guarded } from '../connection/guarded.ts'
import type { Requests } from '../connection/requests.ts'
import type { OpenRooms } from './open-rooms.ts'
import { RoomCatchUp, type RoomEnd } from './room-catch-up.ts'
import { RoomOrder } from './room-order.ts'

export type OpenRoomOptions = {
  /** Every message after where the room was opened (or after `afterSeq`), in `seq` order, each once. */
  onMessage: (message: Message) => void
  /**
   * Later states of messages that were handed on, or were there before: edited, deleted, hidden or shown. One may
   * come twice, after a reconnect; of two states the one with the later `updatedAt` counts.
   */
  onUpdate?: (message: Message) => void
  /** Begin after this message of the room instead: what came since is delivered first. */
  afterSeq?: number
  /** And after this change: what was changed since is given to `onUpdate`. */
  afterChange?: number
  /** After each catching up: whether the server could give everything that was missed. */
  onRecovered?: (outcome: { recovered: boolean }) => void
  /** The room is no longer open here, and not by `close()`: the user is not in it any more, or was refused. */
  onClosed?: (error: ChatError) => void
}

type Joined = AskOutput<'joinRoom'>
type Parts = { connection: Connection; requests: Requests; rooms: OpenRooms }

/** A room that is open on this client, through every reconnect, until it is closed. */
export class OpenRoom {
  readonly roomId: string
  /** What the first `joinRoom` answered: `lastReadMessageId` and `unReadMsgCount` as they were before it. */
  joined: Joined | null = null
  private readonly parts: Parts
  private readonly options: OpenRoomOptions
  private readonly order: RoomOrder
  private readonly missed: RoomCatchUp
  private readonly recovered: OpenRoomOptions['onRecovered']
  private readonly offs: (() => void)[] = []
  private isClosed = false
  private isCatchingUp = false
  /** Counts connections won and lost: what was begun on another one stops. */
  private turn = 0

  constructor(roomId: string, options: OpenRoomOptions, parts: Parts) {
    this.roomId = roomId
    this.options = options
    this.parts = parts
    this.recovered = options.onRecovered && guarded(options.onRecovered)
    const onMessage = guarded(options.onMessage)
    const onUpdate = guarded(options.onUpdate ?? (() => {}))
    this.order = new RoomOrder(
      (message) => this.isClosed || onMessage(message),
      (message) => this.isClosed || onUpdate(message),
    )
    this.missed = new RoomCatchUp({ roomId, order: this.order, ...parts })
  }

  /** Rejects where the room cannot be joined now; nothing is left behind then. */
  async open(): Promise<this> {
    this.listen('listenMessage', (message) => this.order.take(message))
    this.listen('updateMessage', (message) => this.order.revise(message))
    try {
      this.joined = await this.parts.rooms.join(this.roomId)
    } catch (error) {
      this.dispose()
      throw error
    }
    this.offs.push(this.parts.connection.onState((state, error) => this.follow(state, error)))
    this.begin(this.joined)
    return this
  }

  /** The last message handed on; pass it as `afterSeq` to go on from here another time. */
  get seq(): number {
    return this.order.at ?? 0
  }

  /** Changes up to this one were handed on; pass it as `afterChange` along with `afterSeq`. */
  get change(): number {
    return this.missed.change
  }

  async close() {
    if (!this.isClosed) await this.dispose()
  }

  private listen(event: keyof RoomServerEvents, take: (message: Message) => void) {
    const { socket } = this.parts.connection
    const name = `${event}_${this.roomId}`
    const hear = (message: Message) => {
      take(message)
      this.repairIfBehind()
    }
    socket.on(name, hear)
    this.offs.push(() => socket.off(name, hear))
  }

  private begin(end: RoomEnd) {
    const { afterSeq, afterChange } = this.options
    this.order.startAt(afterSeq ?? end.lastSeq)
    this.missed.change = afterChange ?? end.lastChange
    const isResumed = afterSeq !== undefined || afterChange !== undefined
    if (isResumed) this.run((isCurrent) => this.catchUp(end, isCurrent))
    else this.repairIfBehind()
  }

  /** The gateway leaves no gaps, but this client does not trust that. */
  private repairIfBehind() {
    if (!this.order.isBehind || this.isCatchingUp) return
    const end = { lastSeq: this.seq, lastChange: this.change }
    this.run((isCurrent) => this.catchUp(end, isCurrent))
  }

  private follow(state: ConnectionState, error: ChatError | undefined) {
    this.turn += 1
    if (state === 'connected') this.run((isCurrent) => this.rejoin(isCurrent))
    else if (state === 'closed') this.end(error)
  }

  private run(task: (isCurrent: () => boolean) => Promise<void>) {
    const turn = this.turn
    const isCurrent = () => turn === this.turn && !this.isClosed
    this.isCatchingUp = true
    task(isCurrent).then(
      () => isCurrent() && this.caughtUp(),
      (error) => isCurrent() && this.end(error),
    )
  }

  /** What came between the last page and now may have left a gap of its own. */
  private caughtUp() {
    this.isCatchingUp = false
    this.repairIfBehind()
  }

  private async rejoin(isCurrent: () => boolean) {
    const join = () => this.parts.rooms.join(this.roomId)
    const end = await persist(join, this.parts.connection.signal, isCurrent)
    await this.catchUp(end, isCurrent)
  }

  private async catchUp(end: RoomEnd, isCurrent: () => boolean) {
    const recovered = await this.missed.fetch(end, isCurrent)
    if (isCurrent()) this.recovered?.({ recovered })
  }

  private end(error: ChatError | undefined) {
    if (this.isClosed) return
    void this.dispose()
    if (error && error.code !== 'CLOSED' && this.options.onClosed) guarded(this.options.onClosed)(error)
  }

  private dispose(): Promise<void> {
    this.isClosed = true
    for (const off of this.offs) off()
    return this.parts.rooms.leave(this.roomId)
  }
}
