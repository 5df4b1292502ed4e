import { Fault, messageId } from '@chat/contract'
import {
  BatchQueue,
  currentTrace,
  faultOf,
  type Logger,
  type Metrics,
  type Outbox,
  type Publication,
  type Trace,
  tracedForAll,
} from '@chat/service'
import { LRUCache } from 'lru-cache'
import { type Draft, type MessageDoc, presentMessage } from './message-doc.ts'
import type { MessageStore } from './message-store.ts'

/** `isRepeat`: the syncKey was stored before, with this message. */
export type Committed = { doc: MessageDoc; isRepeat: boolean }
type Place = { roomId: string; syncKey: string }
type Pending = { draft: Draft; done: PromiseWithResolvers<Committed>; trace: Trace; since: number }
type Parts = { store: MessageStore; outbox: Outbox; metrics: Metrics; logger: Logger }

const MAX_BATCH = 200
/** A room that is not remembered costs two reads at its next message. */
const MAX_ROOMS = 50_000
const STORING = { name: 'store message', kind: 'internal' } as const
/** A repeat of an older message publishes nothing: recovery has published it. Shorter than the stream drops repeats. */
const RECENT_MS = 60_000

const publicationOf = (doc: MessageDoc, trace?: Trace): Publication => ({
  event: { kind: 'message', message: presentMessage(doc) },
  ...(trace && { trace }),
})

/**
 * Group commit: sends that arrive during an insert share the next one. A room's messages get their seqs here, in the
 * order in which they arrive; between instances the primary key decides. A message is committed when it is stored.
 */
export class GroupCommit {
  private readonly parts: Parts
  private readonly queue = new BatchQueue<Pending>({
    run: (batch) => this.commitBatch(batch),
    failed: (error, batch) => this.reject(batch, error),
    maxBatch: MAX_BATCH,
  })
  private readonly lastSeqs = new LRUCache<string, number>({ max: MAX_ROOMS })
  /** Messages that wait until the last seq of their room is known. */
  private readonly loading = new Map<string, Pending[]>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  /**
   * Resolves when the message is stored; the outbox publishes it then.
   * @throws SERVICE_UNAVAILABLE or TIMEOUT when the outcome is unknown: a retry with the same syncKey is safe
   */
  commit(draft: Draft): Promise<Committed> {
    const done = Promise.withResolvers<Committed>()
    const pending = { draft, done, trace: currentTrace(), since: performance.now() }
    this.queue.add(pending)
    // Behind a running batch the message waits in the queue, and `load` takes it out. Otherwise `add` has begun a batch,
    // which loads the room itself.
    if (!this.lastSeqs.has(draft.roomId)) void this.load(draft.roomId, [])
    return pending.done.promise
  }

  /**
   * Commits what `compose` makes. A syncKey that is stored already answers with its message, whatever has changed since:
   * the insert finds repeats by itself, so only a message that would be refused now costs a lookup.
   * @throws as `compose` and `commit`
   */
  async commitOrRepeat(place: Place, authorId: string, compose: () => Promise<Draft>): Promise<Committed> {
    let draft: Draft
    try {
      draft = await compose()
    } catch (refusal) {
      const repeat = refusal instanceof Fault ? await this.findRepeat(place, authorId) : null
      if (!repeat) throw refusal
      return repeat
    }
    return this.commit(draft)
  }

  /** The message that is stored under a syncKey; null when there is none. */
  async findRepeat({ roomId, syncKey }: Place, authorId: string): Promise<Committed | null> {
    const doc = await this.parts.store.bySyncKey(roomId, authorId, syncKey)
    return doc && this.repeat(doc)
  }

  /** Whoever stored it may have died before it was published and indexed. The stream drops an event that it has. */
  private repeat(doc: MessageDoc): Committed {
    if (Date.now() - doc.createdAt.getTime() < RECENT_MS) this.parts.outbox.repeat(publicationOf(doc))
    return { doc, isRepeat: true }
  }

  /** Reads the room's last seq. Until then these messages wait, and behind them all of the room in the queue. */
  private async load(roomId: string, first: Pending[]) {
    const pendings = [...first, ...this.queue.take(({ draft }) => draft.roomId === roomId)]
    const waiting = this.loading.get(roomId)
    if (waiting) waiting.push(...pendings)
    else if (pendings.length > 0) await this.loadFor(roomId, pendings)
  }

  private async loadFor(roomId: string, waiting: Pending[]) {
    this.loading.set(roomId, waiting)
    try {
      this.lastSeqs.set(roomId, await this.parts.store.lastSeq(roomId))
      this.queue.putBack(waiting)
    } catch (error) {
      this.reject(waiting, error)
    } finally {
      this.loading.delete(roomId)
    }
  }

  private async commitBatch(taken: Pending[]) {
    const batch = this.withoutRepeats(this.inLoadedRooms(taken))
    if (batch.length === 0) return
    const docs = batch.map(({ draft }) => this.numbered(draft))
    const { metrics } = this.parts
    metrics.batch.observe(docs.length)
    const begun = performance.now()
    for (const { since } of batch) metrics.commitWaitSeconds.observe((begun - since) / 1000)
    const traces = batch.map(({ trace }) => trace)
    try {
      const { stored, isDuplicate } = await tracedForAll(STORING, traces, () => this.insert(docs, traces))
      metrics.storeSeconds.observe((performance.now() - begun) / 1000)
      for (let index = 0; index < stored; index++)
        batch[index]?.done.resolve({ doc: docs[index] as MessageDoc, isRepeat: false })
      if (isDuplicate) await this.resume(batch.slice(stored), docs.slice(stored))
    } catch (error) {
      // Whether they are stored is unknown: the next message of these rooms reads their last seq.
      for (const { draft } of batch) this.lastSeqs.delete(draft.roomId)
      this.reject(batch, error)
    }
  }

  private insert(docs: MessageDoc[], traces: Trace[]) {
    const { outbox, store } = this.parts
    return outbox.store(
      (storedAt) => store.insert(docs, storedAt),
      ({ stored }) => docs.slice(0, stored).map((doc, index) => publicationOf(doc, traces[index])),
    )
  }

  /** A room may have been forgotten while its messages waited. */
  private inLoadedRooms(batch: Pending[]): Pending[] {
    const isLoaded = ({ draft }: Pending) => this.lastSeqs.has(draft.roomId)
    const forgotten = Map.groupBy(
      batch.filter((pending) => !isLoaded(pending)),
      ({ draft }) => draft.roomId,
    )
    for (const [roomId, pendings] of forgotten) void this.load(roomId, pendings)
    return forgotten.size === 0 ? batch : batch.filter(isLoaded)
  }

  /** Of two messages with one syncKey the later one is answered as a repeat of the first. */
  private withoutRepeats(batch: Pending[]): Pending[] {
    const firsts = new Map<string, Pending>()
    return batch.filter((pending) => {
      const { roomId, author, syncKey } = pending.draft
      const key = JSON.stringify([roomId, author.authorId, syncKey])
      const { resolve, reject } = pending.done
      const first = firsts.get(key)
      first?.done.promise.then(({ doc }) => resolve({ doc, isRepeat: true }), reject)
      if (!first) firsts.set(key, pending)
      return !first
    })
  }

  private numbered(draft: Draft): MessageDoc {
    const seq = (this.lastSeqs.get(draft.roomId) as number) + 1
    this.lastSeqs.set(draft.roomId, seq)
    return { _id: messageId(draft.roomId, seq), seq, ...draft }
  }

  /** After a duplicate key: the syncKey is stored already, or another instance has taken the seq. */
  private async resume(rest: Pending[], docs: MessageDoc[]) {
    for (const { roomId, seq } of docs.toReversed()) this.lastSeqs.set(roomId, seq - 1)
    const [clash, ...others] = rest as [Pending, ...Pending[]]
    const { roomId, author, syncKey } = clash.draft
    const stored = await this.parts.store.bySyncKey(roomId, author.authorId, syncKey)
    if (stored) {
      clash.done.resolve(this.repeat(stored))
      this.queue.putBack(others)
    } else {
      this.lastSeqs.delete(roomId)
      this.queue.putBack(rest)
    }
  }

  private reject(pendings: Pending[], error: unknown) {
    this.parts.logger.warn({ err: error, messages: pendings.length }, 'messages not committed')
    for (const { done } of pendings) done.reject(faultOf(error) ?? new Fault('SERVICE_UNAVAILABLE'))
  }
}
