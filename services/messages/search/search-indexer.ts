import { isGone, type Message } from '@chat/contract'
import { DutyCycle, type StreamEvent } from '@chat/service'
import type { SearchEntry, SearchStore } from './search-store.ts'
import { entriesOf } from './search-terms.ts'

/** Few enough that a message waits for a few milliseconds at most behind them. */
const AT_ONCE = 32
/** Under load the index takes a ninth of the time, and catches up later. */
const REST = 8

/** Keeps the index after the messages: it follows the stream, so that nobody who sends waits for it. */
export class SearchIndexer {
  private readonly search: SearchStore
  private readonly pacing = new DutyCycle(REST)
  constructor(search: SearchStore) {
    this.search = search
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
    const fresh = entries.filter(({ grams }) => grams.length > 0)
    for (let start = 0; start < fresh.length; start += AT_ONCE)
      await this.pacing.run(() => this.search.insert(fresh.slice(start, start + AT_ONCE)))
    const changed = messages.filter(isChanged).map(entryOf)
    if (changed.length > 0) await this.search.replace(changed)
  }
}

/** An event may carry a message as it has become since. */
const isChanged = ({ createdAt, updatedAt }: Message) => createdAt !== updatedAt

const entryOf = (message: Message): SearchEntry => ({
  _id: message._id,
  roomId: message.roomId,
  grams: isGone(message) ? [] : entriesOf(message.data),
  createdAt: new Date(message.createdAt),
  updatedAt: new Date(message.updatedAt),
})
