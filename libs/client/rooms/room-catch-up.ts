import { persist } from '../connection/backoff.ts'
import type { Connection } from '../connection/connection.ts'
import type { AskOutput } from '../connection/events.ts'
import type { Requests } from '../connection/requests.ts'
import type { RoomOrder } from './room-order.ts'

/** Where a room ends, as `joinRoom` tells it. */
export type RoomEnd = { lastSeq: number; lastChange: number }
type Parts = { roomId: string; order: RoomOrder; connection: Connection; requests: Requests }
type IsCurrent = () => boolean

/** Fetches what one who listens to a room has missed: messages, and later states of those they have. */
export class RoomCatchUp {
  /** Every change up to this one has been handed on. */
  change = 0
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /**
   * Until there is nothing that exists and was not handed on.
   * @returns whether the server could give everything
   */
  async fetch({ lastSeq, lastChange }: RoomEnd, isCurrent: IsCurrent): Promise<boolean> {
    const { order } = this.parts
    let recovered = true
    order.know(lastSeq)
    if (lastSeq < this.seq) recovered = await this.checkEnd(lastSeq, isCurrent)
    let mayHaveChanged = lastChange > this.change
    while (isCurrent() && (order.isBehind || mayHaveChanged)) {
      const [wasBehind, before] = [order.isBehind, this.seq]
      const page = await this.page(isCurrent)
      if (!isCurrent()) break
      order.know(page.lastSeq)
      order.fill(page.list)
      mayHaveChanged = this.takeChanges(page)
      const isStuck = wasBehind && this.seq === before
      if (isStuck) order.giveUpGap()
      recovered &&= page.recovered && !isStuck
    }
    return recovered
  }

  private get seq(): number {
    return this.parts.order.at ?? 0
  }

  /** @returns whether there may be more of them */
  private takeChanges({ changed, lastChange }: AskOutput<'syncMessages'>): boolean {
    const hasMoved = lastChange > this.change
    this.change = lastChange
    for (const message of changed) this.parts.order.revise(message)
    return changed.length > 0 && hasMoved
  }

  /** The answer to joinRoom may trail; if the room itself ends before what this client has, it goes back. */
  private async checkEnd(lastSeq: number, isCurrent: IsCurrent): Promise<boolean> {
    const { order } = this.parts
    const page = await this.page(isCurrent)
    if (!isCurrent() || page.lastSeq >= this.seq) return true
    order.goBackTo(lastSeq)
    order.know(page.lastSeq)
    this.change = page.lastChange
    return false
  }

  private page(isCurrent: IsCurrent) {
    const { roomId, requests, connection } = this.parts
    const ask = () => requests.ask('syncMessages', { roomId, afterSeq: this.seq, afterChange: this.change })
    return persist(ask, connection.signal, isCurrent)
  }
}
