import type { Message, RoomServerEvents } from '@chat/contract'
import { OrderedQueue } from '@chat/contract/ordered-queue'
import { persist } from '../connection/backoff.ts'
import type { ChatError } from '../connection/chat-error.ts'
import type { ConnectionState } from '../connection/connection.ts'
import { guarded } from '../connection/listeners.ts'
import type { AskOutput, Requests } from '../connection/requests.ts'
import { RoomCatchUp, type RoomEnd } from './room-catch-up.ts'

/** Messages that wait for a gap to be filled; what comes beyond them is fetched again. */
const MAX_WAITING = 200

export type OpenRoomOptions = {
  /** Every message after where the room was opened (or after `afterSeq`), in `seq` order, each once. */
  onMessage: (message: Message) => void
  /**
   * Later states (edited, deleted, hidden, shown) of messages that were delivered or are older. A state may come
   * twice after a reconnect; of two states the one with the later `updatedAt` counts.
   */
  onUpdate?: (message: Message) => void
  /** Begin after this message instead: messages since then are delivered first. */
  afterSeq?: number
  /** Begin after this change as well: later states since then go to `onUpdate` first. */
  afterChange?: number
  /** The `epoch` of those numbers: where the server's is another one, the room begins at its end, not recovered. */
  epoch?: string
  /** Called after each catching up: whether the server could give everything that was missed. */
  onRecovered?: (outcome: { recovered: boolean }) => void
  /** The room was closed, and not by `close()`: the user is no longer a member, or was refused. */
  onClosed?: (error: ChatError) => void
}

type Joined = AskOutput<'joinRoom'>
type Membership = { join: (roomId: string) => Promise<Joined>; leave: (roomId: string) => Promise<void> }
type Parts = { requests: Requests; rooms: Membership }

/** A room that stays open on this client, through every reconnect, until it is closed. */
export class OpenRoom {
  readonly roomId: string
  /** The answer to the first `joinRoom`: `lastReadMessageId` and `unReadMsgCount` as they were before it. */
  joined: Joined | null = null
  private readonly parts: Parts
  private readonly options: OpenRoomOptions
  private readonly queue: OrderedQueue<Message>
  private readonly missed: RoomCatchUp
  private readonly onRecovered: OpenRoomOptions['onRecovered']
  private readonly unsubscribes: (() => void)[] = []
  private isClosed = false
  private isCatchingUp = false

  constructor(roomId: string, options: OpenRoomOptions, parts: Parts) {
    this.roomId = roomId
    this.options = options
    this.parts = parts
    this.onRecovered = options.onRecovered && guarded(options.onRecovered)
    const onMessage = guarded(options.onMessage)
    const onUpdate = guarded(options.onUpdate ?? (() => {}))
    this.queue = new OrderedQueue<Message>({
      deliver: (message) => this.isClosed || onMessage(message),
      update: (message) => this.isClosed || onUpdate(message),
      maxWaiting: MAX_WAITING,
    })
    this.missed = new RoomCatchUp({ roomId, queue: this.queue, ...parts })
  }

  /** Rejects where the room cannot be joined; nothing stays subscribed then. */
  async open(): Promise<this> {
    this.listen('listenMessage', (message) => this.queue.take(message.seq, message))
    this.listen('updateMessage', (message) => this.queue.revise(message.seq, message))
    try {
      this.joined = await this.parts.rooms.join(this.roomId)
    } catch (error) {
      this.dispose()
      throw error
    }
    this.unsubscribes.push(
      this.parts.requests.connection.onState((state, error) => this.takeState(state, error)),
    )
    this.begin(this.joined)
    return this
  }

  /** The last message delivered; pass it as `afterSeq` to go on from here another time. */
  get seq(): number {
    return this.queue.last ?? 0
  }

  /** Changes up to this one were delivered; pass it as `afterChange` along with `afterSeq`. */
  get change(): number {
    return this.missed.change
  }

  /** Of which data `seq` and `change` are; pass it along with them. Undefined with servers of earlier versions. */
  get epoch(): string | undefined {
    return this.missed.epoch
  }

  async close() {
    if (!this.isClosed) await this.dispose()
  }

  private listen(event: keyof RoomServerEvents, take: (message: Message) => void) {
    const { socket } = this.parts.requests.connection
    const name = `${event}_${this.roomId}`
    const listener = (message: Message) => {
      take(message)
      this.repairIfBehind()
    }
    socket.on(name, listener)
    this.unsubscribes.push(() => socket.off(name, listener))
  }

  private begin(end: RoomEnd) {
    const { afterSeq, afterChange, epoch = end.epoch } = this.options
    this.queue.startAt(afterSeq ?? end.lastSeq)
    this.missed.change = afterChange ?? end.lastChange
    this.missed.epoch = epoch
    const isResumed = afterSeq !== undefined || afterChange !== undefined
    if (isResumed) this.run((isCurrent) => this.catchUp(end, isCurrent))
    else this.repairIfBehind()
  }

  /** The gateway leaves no gaps, but this client does not rely on that. */
  private repairIfBehind() {
    if (!this.queue.isBehind || this.isCatchingUp) return
    const end = { lastSeq: this.seq, lastChange: this.change }
    this.run((isCurrent) => this.catchUp(end, isCurrent))
  }

  private takeState(state: ConnectionState, error: ChatError | undefined) {
    if (state === 'connected') this.run((isCurrent) => this.rejoin(isCurrent))
    else if (state === 'closed') this.end(error)
  }

  private run(task: (isCurrent: () => boolean) => Promise<void>) {
    const { connection } = this.parts.requests
    const { epoch } = connection
    const isCurrent = () => epoch === connection.epoch && !this.isClosed
    this.isCatchingUp = true
    task(isCurrent).then(
      () => isCurrent() && this.caughtUp(),
      (error) => isCurrent() && this.end(error),
    )
  }

  /** Live messages since the last page may have left another gap. */
  private caughtUp() {
    this.isCatchingUp = false
    this.repairIfBehind()
  }

  private async rejoin(isCurrent: () => boolean) {
    const join = () => this.parts.rooms.join(this.roomId)
    const end = await persist(join, this.parts.requests.connection.signal, isCurrent)
    await this.catchUp(end, isCurrent)
  }

  private async catchUp(end: RoomEnd, isCurrent: () => boolean) {
    const recovered = await this.missed.fetch(end, isCurrent)
    if (isCurrent()) this.onRecovered?.({ recovered })
  }

  private end(error: ChatError | undefined) {
    if (this.isClosed) return
    void this.dispose()
    if (error && error.code !== 'CLOSED' && this.options.onClosed) guarded(this.options.onClosed)(error)
  }

  private dispose(): Promise<void> {
    this.isClosed = true
    for (const unsubscribe of this.unsubscribes) unsubscribe()
    return this.parts.rooms.leave(this.roomId)
  }
}
