import type { Logger } from '@chat/service'
import type { DeliveryDoc, DeliveryState, DeliveryStore, Tried } from './delivery-store.ts'

type Done = { id: string; replayedAt: Date | null; state: DeliveryState; tried: Tried }

/** Writes down how deliveries ended: what comes while one write is on its way is the next one. */
export class OutcomeQueue {
  private readonly deliveries: DeliveryStore
  private readonly logger: Logger
  private waiting: Done[] = []
  private writing: Promise<void> | null = null

  constructor(deliveries: DeliveryStore, logger: Logger) {
    this.deliveries = deliveries
    this.logger = logger
  }

  finish({ _id: id, replayedAt = null }: DeliveryDoc, state: DeliveryState, tried: Tried) {
    this.waiting.push({ id, replayedAt, state, tried })
    this.writing ??= this.write()
  }

  /** Resolves when all of them are written down, or cannot be: then they are sent again. */
  async written(): Promise<void> {
    await this.writing
  }

  private async write() {
    while (this.waiting.length > 0) {
      const some = this.waiting
      this.waiting = []
      const alike = Map.groupBy(some, ({ replayedAt, state, tried }) =>
        JSON.stringify([replayedAt, state, tried.lastStatus, tried.lastError]),
      )
      for (const group of alike.values()) await this.finishAll(group)
    }
    this.writing = null
  }

  private async finishAll(group: Done[]) {
    const { replayedAt, state, tried } = group.at(-1) as Done
    await this.deliveries
      .finish(
        group.map(({ id }) => id),
        replayedAt,
        state,
        tried,
      )
      .catch((err) => this.logger.warn({ err }, 'deliveries not written down, will be sent again'))
  }
}
