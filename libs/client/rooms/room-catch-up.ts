import type { Message } from '@chat/contract'
import type { OrderedQueue } from '@chat/contract/ordered-queue'
import { persist } from '../connection/backoff.ts'
import { isOtherEpoch } from '../connection/data-epoch.ts'
import type { AskOutput, Requests } from '../connection/requests.ts'

/** The last numbers of a room, as `joinRoom` answers them, and of which data they are. */
export type RoomEnd = { lastSeq: number; lastChange: number; epoch?: string }
type Parts = { roomId: string; queue: OrderedQueue<Message>; requests: Requests }
type IsCurrent = () => boolean

/** Fetches what an open room has missed: messages, and later states of earlier ones. */
export class RoomCatchUp {
  /** Every change up to this number has been delivered. */
  change = 0
  /** Of which data the numbers are. */
  epoch: string | undefined
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Fetches pages until nothing is missing. @returns whether the server could give everything */
  async fetch(end: RoomEnd, isCurrent: IsCurrent): Promise<boolean> {
    const { queue } = this.parts
    const { lastSeq, lastChange } = end
    let recovered = true
    queue.expect(lastSeq)
    if (isOtherEpoch(this.epoch, end.epoch) || lastSeq < this.seq)
      recovered = await this.checkEnd(end, isCurrent)
    let mayHaveChanged = lastChange > this.change
    while (isCurrent() && (queue.isBehind || mayHaveChanged)) {
      const [wasBehind, before] = [queue.isBehind, this.seq]
      const page = await this.page(isCurrent)
      if (!isCurrent()) break
      queue.expect(page.lastSeq)
      queue.fill(page.list.map((message) => [message.seq, message]))
      mayHaveChanged = this.takeChanges(page)
      const isStuck = wasBehind && this.seq === before
      if (isStuck) queue.skipGaps()
      recovered &&= page.recovered && !isStuck
    }
    if (isCurrent()) this.epoch ??= end.epoch
    return recovered
  }

  private get seq(): number {
    return this.parts.queue.last ?? 0
  }

  /** @returns whether the server may have more changes */
  private takeChanges({ changed, lastChange }: AskOutput<'syncMessages'>): boolean {
    const hasMoved = lastChange > this.change
    this.change = lastChange
    for (const message of changed) this.parts.queue.revise(message.seq, message)
    return changed.length > 0 && hasMoved
  }

  /**
   * The answer to joinRoom may be old. If the room does end before this client's position, or its messages are others,
   * go on from its end.
   */
  private async checkEnd({ lastSeq, epoch }: RoomEnd, isCurrent: IsCurrent): Promise<boolean> {
    const { queue } = this.parts
    const page = await this.page(isCurrent)
    if (!isCurrent()) return true
    if (!isOtherEpoch(this.epoch, epoch) && page.lastSeq >= this.seq) return true
    this.epoch = epoch
    queue.restartAt(lastSeq)
    queue.expect(page.lastSeq)
    this.change = page.lastChange
    return false
  }

  private page(isCurrent: IsCurrent) {
    const { roomId, requests } = this.parts
    const ask = () => requests.ask('syncMessages', { roomId, afterSeq: this.seq, afterChange: this.change })
    return persist(ask, requests.connection.signal, isCurrent)
  }
}
