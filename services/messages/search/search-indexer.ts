import { isGone, type Message } from '@chat/contract'
import { DutyCycle, type StreamEvent } from '@chat/service'
import type { SearchEntry, SearchStore } from './search-store.ts'
import { entriesOf } from './search-terms.ts'

/** Few enough that a message waits behind them for a few milliseconds at most. */
const BATCH = 32
/** Under load the indexer works a ninth of the time; it catches up later. */
const REST = 8

/** Keeps the index up to date from the stream, so that no sender waits for it. */
export class SearchIndexer {
  private readonly store: SearchStore
  private readonly dutyCycle = new DutyCycle(REST)
  constructor(store: SearchStore) {
    this.store = store
  }

  /** Events may come again, late, or to several instances at once. */
  async handle(events: StreamEvent[]): Promise<void> {
    const latest = new Map<string, Message>()
    for (const { message } of events) {
      const known = latest.get(message._id)
      if (!known || known.updatedAt < message.updatedAt) latest.set(message._id, message)
    }
    const messages = [...latest.values()]
    const entries = messages.filter((message) => !isChanged(message)).map(entryOf)
    const added = entries.filter(({ grams }) => grams.length > 0)
    for (let start = 0; start < added.length; start += BATCH)
      await this.dutyCycle.run(() => this.store.insert(added.slice(start, start + BATCH)))
    const changed = messages.filter(isChanged).map(entryOf)
    if (changed.length > 0) await this.store.replace(changed)
  }
}

/** An event of a new message may carry a later state of it. */
const isChanged = ({ createdAt, updatedAt }: Message) => createdAt !== updatedAt

const entryOf = (message: Message): SearchEntry => ({
  _id: message._id,
  roomId: message.roomId,
  grams: isGone(message) ? [] : entriesOf(message.data),
  createdAt: new Date(message.createdAt),
  updatedAt: new Date(message.updatedAt),
})
