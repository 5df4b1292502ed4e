import type { Message } from '@chat/contract'
import type { Asking } from './asking.ts'
import type { ChatError } from './chat-error.ts'
import type { Connection, ConnectionState } from './connection.ts'
import type { AskOutput } from './events.ts'
import { guarded } from './guarded.ts'
import type { OpenRooms } from './open-rooms.ts'
import { RoomOrder } from './room-order.ts'
import { persist } from './waiting.ts'

export type OpenRoomOptions = {
  /** Every message after where the room was opened (or after `afterSeq`), in `seq` order, each once. */
  onMessage: (message: Message) => void
  /** Begin after this message of the room instead: what came since is delivered first. */
  afterSeq?: number
  /** After each catching up: whether the server could give everything that was missed. */
  onRecovered?: (outcome: { recovered: boolean }) => void
  /** The room is no longer open here, and not by `close()`: the user is not in it any more, or was refused. */
  onClosed?: (error: ChatError) => void
}

type Joined = AskOutput<'joinRoom'>
type Parts = { connection: Connection; asking: Asking; rooms: OpenRooms }

/** A room that is open on this client, through every reconnect, until it is closed. */
export class OpenRoom {
  readonly roomId: string
  /** What the first `joinRoom` answered: `lastReadMessageId` and `unReadMsgCount` as they were before it. */
  joined: Joined | null = null
  private readonly parts: Parts
  private readonly options: OpenRoomOptions
  private readonly order: RoomOrder
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
    this.order = new RoomOrder((message) => this.isClosed || onMessage(message))
  }

  /** Rejects where the room cannot be joined now; nothing is left behind then. */
  async open(): Promise<this> {
    const { socket } = this.parts.connection
    const event = `listenMessage_${this.roomId}`
    const hear = (message: Message) => this.hear(message)
    socket.on(event, hear)
    this.offs.push(() => socket.off(event, hear))
    try {
      this.joined = await this.parts.rooms.join(this.roomId)
    } catch (error) {
      this.dispose()
      throw error
    }
    this.offs.push(this.parts.connection.onState((state, error) => this.follow(state, error)))
    this.begin(this.joined.lastSeq)
    return this
  }

  /** The last message handed on; pass it as `afterSeq` to go on from here another time. */
  get seq(): number {
    return this.order.at ?? 0
  }

  async close() {
    if (!this.isClosed) await this.dispose()
  }

  private begin(lastSeq: number) {
    const { afterSeq } = this.options
    this.order.startAt(afterSeq ?? lastSeq)
    if (afterSeq !== undefined) this.run((isCurrent) => this.catchUp(lastSeq, isCurrent))
    else this.repairIfBehind()
  }

  private hear(message: Message) {
    this.order.take(message)
    this.repairIfBehind()
  }

  /** The gateway leaves no gaps, but this client does not trust that. */
  private repairIfBehind() {
    if (!this.order.isBehind || this.isCatchingUp) return
    this.run((isCurrent) => this.catchUp(this.seq, isCurrent))
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
    const { lastSeq } = await persist(join, this.parts.connection.signal, isCurrent)
    await this.catchUp(lastSeq, isCurrent)
  }

  /** Pages through what is missing, until there is nothing that exists and was not handed on. */
  private async catchUp(lastSeq: number, isCurrent: () => boolean) {
    let recovered = true
    this.order.know(lastSeq)
    if (lastSeq < this.seq) recovered = await this.checkEnd(lastSeq, isCurrent)
    while (isCurrent() && this.order.isBehind) {
      const before = this.seq
      const page = await this.page(isCurrent)
      if (!isCurrent()) return
      this.order.know(page.lastSeq)
      this.order.fill(page.list)
      const isStuck = this.seq === before
      if (isStuck) this.order.giveUpGap()
      recovered &&= page.recovered && !isStuck
    }
    if (isCurrent()) this.recovered?.({ recovered })
  }

  /** The answer to joinRoom may trail; if the room itself ends before what this client has, it goes back. */
  private async checkEnd(lastSeq: number, isCurrent: () => boolean): Promise<boolean> {
    const page = await this.page(isCurrent)
    if (!isCurrent() || page.lastSeq >= this.seq) return true
    this.order.goBackTo(lastSeq)
    this.order.know(page.lastSeq)
    return false
  }

  private page(isCurrent: () => boolean) {
    const { asking, connection } = this.parts
    const ask = () => asking.ask('syncMessages', { roomId: this.roomId, afterSeq: this.seq })
    return persist(ask, connection.signal, isCurrent)
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
