import { Fault, messageId } from '@chat/contract'
import {
  currentTrace,
  faultOf,
  type Logger,
  type Metrics,
  type Trace,
  traced,
  tracedForAll,
  untraced,
} from '@chat/service'
import { type Draft, type MessageDoc, type MessageStore, presentMessage } from './message-store.ts'
import type { Outbox } from './outbox.ts'

const MAX_BATCH = 200
/** Rooms whose last seq is remembered; a forgotten one costs two reads at its next message. */
const MAX_ROOMS = 50_000
const STORING = { name: 'store message', kind: 'internal' } as const
const PUBLISHING = { name: 'publish message', kind: 'producer' } as const

type Pending = { draft: Draft; done: PromiseWithResolvers<MessageDoc>; trace: Trace }

const keyOf = ({ roomId, author, syncKey }: Draft) => JSON.stringify([roomId, author.authorId, syncKey])

/**
 * Group commit: sends that arrive while an insert is under way share the next one. Each room's messages get their
 * numbers here, in the order they came; the primary key arbitrates between instances. Publishing follows storing,
 * in the same order, and overlaps the next insert.
 */
export class GroupCommit {
  private readonly store: MessageStore
  private readonly outbox: Outbox
  private readonly metrics: Metrics
  private readonly logger: Logger
  private queue: Pending[] = []
  private working = false
  private readonly lastSeqs = new Map<string, number>()
  private readonly takingUp = new Map<string, Promise<void>>()

  constructor(parts: { store: MessageStore; outbox: Outbox; metrics: Metrics; logger: Logger }) {
    this.store = parts.store
    this.outbox = parts.outbox
    this.metrics = parts.metrics
    this.logger = parts.logger
  }

  /**
   * Resolves when the message is stored and published, or, for a syncKey that was there, with the stored message.
   * @throws SERVICE_UNAVAILABLE or TIMEOUT where the outcome is unknown: sending again with the same syncKey is safe
   */
  async commit(draft: Draft): Promise<MessageDoc> {
    const pending = { draft, done: Promise.withResolvers<MessageDoc>(), trace: currentTrace() }
    if (this.lastSeqs.has(draft.roomId)) this.enqueue([pending])
    else this.enter([pending])
    return pending.done.promise
  }

  /** A message found in the store, once the stream has it too. */
  async published(doc: MessageDoc): Promise<MessageDoc> {
    await this.outbox.ensure({ kind: 'message', message: presentMessage(doc) })
    return doc
  }

  private enqueue(pendings: Pending[]) {
    this.queue.push(...pendings)
    if (this.working) return
    this.working = true
    void untraced(() => this.work())
  }

  /** Takes a room up first: waiters enter the queue in the order in which they came. */
  private enter(pendings: Pending[]) {
    const [first] = pendings as [Pending, ...Pending[]]
    this.takeUp(first.draft.roomId).then(
      () => this.enqueue(pendings),
      (error) => {
        for (const { done } of pendings) done.reject(this.unknown(error))
      },
    )
  }

  private takeUp(roomId: string): Promise<void> {
    const known = this.takingUp.get(roomId)
    if (known) return known
    const taking = this.outbox
      .reconcile('message', roomId)
      .then((seq) => {
        if (this.lastSeqs.size >= MAX_ROOMS) this.lastSeqs.delete(this.lastSeqs.keys().next().value as string)
        this.lastSeqs.set(roomId, seq)
      })
      .finally(() => this.takingUp.delete(roomId))
    this.takingUp.set(roomId, taking)
    return taking
  }

  private async work() {
    while (this.queue.length > 0) await this.commitBatch(this.queue.splice(0, MAX_BATCH))
    this.working = false
  }

  private async commitBatch(taken: Pending[]) {
    const batch = this.withoutRepeats(this.inKnownRooms(taken))
    if (batch.length === 0) return
    const docs = batch.map(({ draft }) => this.numbered(draft))
    this.metrics.batch.observe(docs.length)
    try {
      const traces = batch.map(({ trace }) => trace)
      const { stored, isDuplicate } = await tracedForAll(STORING, traces, () => this.store.insert(docs))
      for (let index = 0; index < stored; index++)
        this.publish(batch[index] as Pending, docs[index] as MessageDoc)
      if (isDuplicate) await this.resume(batch.slice(stored), docs.slice(stored))
    } catch (error) {
      // Whether they were stored is unknown: the next to write in these rooms looks.
      for (const { draft, done } of batch) {
        this.lastSeqs.delete(draft.roomId)
        done.reject(this.unknown(error))
      }
    }
  }

  /** A room may have been forgotten while its messages waited. */
  private inKnownRooms(taken: Pending[]): Pending[] {
    const forgotten = Map.groupBy(
      taken.filter(({ draft }) => !this.lastSeqs.has(draft.roomId)),
      ({ draft }) => draft.roomId,
    )
    for (const pendings of forgotten.values()) this.enter(pendings)
    return forgotten.size === 0 ? taken : taken.filter(({ draft }) => !forgotten.has(draft.roomId))
  }

  /** The same syncKey twice in one batch: the later one gets the earlier one's answer. */
  private withoutRepeats(batch: Pending[]): Pending[] {
    const firsts = new Map<string, Pending>()
    return batch.filter((pending) => {
      const key = keyOf(pending.draft)
      const first = firsts.get(key)
      if (first) first.done.promise.then(pending.done.resolve, pending.done.reject)
      else firsts.set(key, pending)
      return !first
    })
  }

  private numbered(draft: Draft): MessageDoc {
    const seq = (this.lastSeqs.get(draft.roomId) as number) + 1
    this.lastSeqs.set(draft.roomId, seq)
    return { _id: messageId(draft.roomId, seq), seq, ...draft }
  }

  private publish({ done, trace }: Pending, doc: MessageDoc) {
    const event = { kind: 'message', message: presentMessage(doc) } as const
    traced(PUBLISHING, () => this.outbox.publish(event), trace).then(
      () => done.resolve(doc),
      (error) => done.reject(this.unknown(error)),
    )
  }

  /** After a duplicate key: either the syncKey was there, or another instance has written in that room. */
  private async resume(rest: Pending[], docs: MessageDoc[]) {
    for (const doc of docs.toReversed()) this.lastSeqs.set(doc.roomId, doc.seq - 1)
    const [clash, ...others] = rest as [Pending, ...Pending[]]
    const { roomId, author, syncKey } = clash.draft
    const existing = await this.store.bySyncKey(roomId, author.authorId, syncKey)
    if (existing) {
      this.answerRepeat(clash, existing)
      this.queue.unshift(...others)
      return
    }
    this.lastSeqs.delete(roomId)
    const inRoom = this.queue.filter(({ draft }) => draft.roomId === roomId)
    this.queue = [...others, ...this.queue].filter(({ draft }) => draft.roomId !== roomId)
    this.enter([clash, ...others.filter(({ draft }) => draft.roomId === roomId), ...inRoom])
  }

  private answerRepeat({ done }: Pending, existing: MessageDoc) {
    this.published(existing).then(done.resolve, (error) => done.reject(this.unknown(error)))
  }

  /** Whatever kept a message from being stored and published: the client is to send it again. */
  private unknown(error: unknown): Fault {
    this.logger.warn({ err: error }, 'message not committed')
    return faultOf(error) ?? new Fault('SERVICE_UNAVAILABLE')
  }
}
