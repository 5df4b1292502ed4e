import type { ChatError, ChatErrorCode } from '../connection/chat-error.ts'
import type { AskInput } from '../connection/events.ts'
import { guarded } from '../connection/guarded.ts'
import { type ClientStore, draftKey, type StoreErrorListener } from '../stores/store.ts'

/** `syncKey` names the message for good: sent again with the same one, it is not stored twice. Made up where absent. */
export type Draft = Omit<AskInput<'sendMessage'>, 'data' | 'syncKey'> & { text: string; syncKey?: string }

/** A message that is not sent yet. */
export type QueuedDraft = Draft & {
  syncKey: string
  /** Its place among all that were ever queued here. */
  place: number
  queuedAt: string
  /** Why the server refused it for good; null while it is going to be sent. */
  failure: { code: ChatErrorCode; message: string } | null
}

/** Refused drafts are kept, so that nothing that somebody wrote is lost; but not without end. */
const MAX_FAILED = 100

/** The drafts that are not sent yet, in order, in the store too. */
export class Outbox {
  private readonly store: ClientStore
  private readonly onStoreError: StoreErrorListener
  private readonly drafts = new Map<string, QueuedDraft>()
  private readonly listeners = new Set<(drafts: QueuedDraft[]) => void>()
  private lastPlace = 0

  constructor(store: ClientStore, onStoreError: StoreErrorListener) {
    this.store = store
    this.onStoreError = onStoreError
  }

  /** Takes up what an earlier client with this store left. Never rejects. */
  async load() {
    try {
      for (const draft of (await this.store.read('outbox', '')) as QueuedDraft[]) {
        this.drafts.set(idOf(draft), draft)
        this.lastPlace = Math.max(this.lastPlace, draft.place)
      }
    } catch (error) {
      this.onStoreError(error)
    }
  }

  onChange(listener: (drafts: QueuedDraft[]) => void): () => void {
    const own = guarded(listener)
    this.listeners.add(own)
    return () => this.listeners.delete(own)
  }

  list(): QueuedDraft[] {
    return [...this.drafts.values()]
  }

  /** How many are going to be sent. */
  get waiting(): number {
    return this.list().filter((draft) => draft.failure === null).length
  }

  find({ roomId, syncKey }: DraftId): QueuedDraft | undefined {
    return this.drafts.get(idOf({ roomId, syncKey }))
  }

  has(draft: QueuedDraft): boolean {
    return this.find(draft) === draft
  }

  /** Queued at once; `saved` resolves when the store has it too. */
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
    for (const listener of [...this.listeners]) listener(this.list())
    const key = draftKey(place, syncKey)
    await this.store.write([{ kind: 'outbox', key, value }]).catch(this.onStoreError)
  }
}

/** A syncKey is an author's own within one room only. */
export type DraftId = Pick<QueuedDraft, 'roomId' | 'syncKey'>
const idOf = ({ roomId, syncKey }: DraftId) => JSON.stringify([roomId, syncKey])
