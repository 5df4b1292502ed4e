import type { Connection } from 'mongoose'
import { insertMissing } from '../storage/bulk-writes.ts'
import { modelOf } from '../storage/mongo.ts'
import { emptyState, type OutboxState } from './outbox-state.ts'

/** How far back a first state assumes that consumers may not have handled everything. */
const FIRST_COMPARISON_MS = 60 * 60 * 1_000

/** What the instances of one service know together. Each change is made to the state that it was decided on. */
export class OutboxStateStore {
  private readonly model
  private known: OutboxState | null = null

  constructor(connection: Connection) {
    this.model = modelOf<OutboxState>(connection, 'outbox')
  }

  async read(): Promise<OutboxState> {
    this.known = await this.model.findById('outbox').lean<OutboxState>()
    if (this.known) return this.known
    await insertMissing(this.model, [emptyState(crypto.randomUUID(), Date.now() - FIRST_COMPARISON_MS)])
    return this.read()
  }

  /** As it was when this instance last read or changed it. */
  async latest(): Promise<OutboxState> {
    return this.known ?? (await this.read())
  }

  /** @param change may be called again; null leaves the state as it is @returns the state after the change */
  async update(change: (state: OutboxState) => OutboxState | null): Promise<OutboxState> {
    for (let state = await this.latest(); ; state = await this.read()) {
      const changed = change(state)
      if (!changed) return state
      const next = { ...changed, version: state.version + 1 }
      const same = { _id: state._id as never, version: state.version }
      const { matchedCount } = await this.model.collection.replaceOne(same, next)
      if (matchedCount === 0) continue
      this.known = next
      return next
    }
  }
}
