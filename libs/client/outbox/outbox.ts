import type { ChatError, ChatErrorCode } from '../connection/chat-error.ts'
import { Listeners } from '../connection/listeners.ts'
import type { AskInput } from '../connection/requests.ts'
import { type ClientStore, draftKey, type StoreErrorListener } from '../stores/store.ts'

/** A message with the same `syncKey` is stored once, however often it is sent. Generated where absent. */
export type Draft = Omit<AskInput<'sendMessage'>, 'data' | 'syncKey'> & { text: string; syncKey?: string }

/** A message that was not sent yet. */
export type QueuedDraft = Draft & {
  syncKey: string
  /** Its number among all drafts that were ever queued here. */
  place: number
  queuedAt: string
  /** Why the server refused it for good; null while it waits to be sent. */
  failure: { code: ChatErrorCode; message: string } | null
}

type Parts = { store: ClientStore; onStoreError: StoreErrorListener }

/** Maximum refused drafts that are kept for the app to show. Beyond it, the oldest are dropped. */
const MAX_FAILED = 100

/** The drafts that were not sent yet, in order; in the store, too. */
export class Outbox {
  private readonly parts: Parts
  private readonly drafts = new Map<string, QueuedDraft>()
  private readonly listeners = new Listeners<[QueuedDraft[]]>()
  private lastPlace = 0

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Loads the drafts of an earlier client with this store. Never rejects. */
  async load() {
    try {
      for (const draft of (await this.parts.store.read('outbox', '')) as QueuedDraft[]) {
        this.drafts.set(idOf(draft), draft)
        this.lastPlace = Math.max(this.lastPlace, draft.place)
      }
    } catch (error) {
      this.parts.onStoreError(error)
    }
  }

  onChange(listener: (drafts: QueuedDraft[]) => void): () => void {
    return this.listeners.add(listener)
  }

  list(): QueuedDraft[] {
    return [...this.drafts.values()]
  }

  get waiting(): number {
    return this.list().filter((draft) => draft.failure === null).length
  }

  find({ roomId, syncKey }: DraftId): QueuedDraft | undefined {
    return this.drafts.get(idOf({ roomId, syncKey }))
  }

  has(draft: QueuedDraft): boolean {
    return this.find(draft) === draft
  }

  /** Queues the draft at once; `saved` resolves when the store has it. */
  add(draft: Draft & { syncKey: string }): { queued: QueuedDraft; saved: Promise<void> } {
    const refused = this.find(draft)
    const removed = refused ? this.remove(refused) : undefined
    this.lastPlace += 1
    const queuedAt = new Date().toISOString()
    const queued = { ...draft, place: this.lastPlace, queuedAt, failure: null }
    const saved = this.put(queued)
    return { queued, saved: Promise.all([removed, saved]).then(() => {}) }
  }

  async fail(draft: QueuedDraft, { code, message }: ChatError) {
    await this.put({ ...draft, failure: { code, message } })
    const failed = this.list().filter(({ failure }) => failure !== null)
    for (const oldest of failed.slice(0, -MAX_FAILED)) await this.remove(oldest)
  }

  async remove(draft: QueuedDraft) {
    if (!this.has(draft)) return
    this.drafts.delete(idOf(draft))
    await this.save(draft, null)
  }

  private async put(draft: QueuedDraft) {
    this.drafts.set(idOf(draft), draft)
    await this.save(draft, draft)
  }

  private async save({ place, syncKey }: QueuedDraft, value: QueuedDraft | null) {
    this.listeners.call(this.list())
    const { store, onStoreError } = this.parts
    await store.write([{ kind: 'outbox', key: draftKey(place, syncKey), value }]).catch(onStoreError)
  }
}

/** A syncKey is unique per author and room. */
export type DraftId = Pick<QueuedDraft, 'roomId' | 'syncKey'>
const idOf = ({ roomId, syncKey }: DraftId) => JSON.stringify([roomId, syncKey])
