import { setTimeout as delay } from 'node:timers/promises'
import { BatchQueue, chunksOf, handleInHalves, isOutage, type Logger, QueueFull } from '@chat/service'
import { type MessageDoc, presentMessage } from '../send/message-doc.ts'
import { type RemovalStore, roomRemoval } from './maintenance/removal-store.ts'
import type { SegmentStore } from './segments/segment-store.ts'
import { MAX_AGE_MS, type MessageState, SegmentWriter, StatesOutdated } from './segments/segment-writer.ts'

type Parts = {
  segments: SegmentStore
  removals: RemovalStore
  /** Messages as they are stored now. */
  readMessages: (ids: string[]) => Promise<MessageDoc[]>
  logger: Logger
  /** From one segment to the next: a search finds a message after that and the time to write it. */
  paceMs?: number
}
type Waiting = { state: MessageState; asOf: number; done: PromiseWithResolvers<void> }

const PACE_MS = 500
const MAX_BATCH = 2_000
/** So many states in one call do not wait for others: a recovery brings slice after slice. */
const HURRIED = 100
const MAX_WAITING = 10_000
/** Messages that are read by their ids at a time. */
const READ = 50
const MIN_PAUSE_MS = 200
const MAX_PAUSE_MS = 5_000
/** After so many tries a whole batch may be set aside. */
const TRIES = 5

/** Feeds the search index. Calls that come together share a segment. */
export class SearchIndex {
  private readonly parts: Parts
  private readonly writer: SegmentWriter
  private readonly queue: BatchQueue<Waiting>
  private readonly closing = new AbortController()
  private waitingCount = 0

  constructor(parts: Parts) {
    this.parts = parts
    this.writer = new SegmentWriter(parts.segments, parts.removals)
    this.queue = new BatchQueue({
      run: (batch) => this.write(batch),
      failed: (error, batch) => {
        for (const { done } of batch) done.reject(error)
      },
      maxBatch: MAX_BATCH,
      paceMs: parts.paceMs ?? PACE_MS,
    })
  }

  /**
   * Adds new, changed and deleted messages. It may get a state again or late: of two states the later one stays.
   * @returns resolves when they are durably in the index, but those that cannot be indexed; rejects after `close`
   * @throws QueueFull
   */
  add = async (states: readonly MessageState[]): Promise<void> => {
    if (this.waitingCount >= MAX_WAITING) throw new QueueFull('Too many messages wait to be indexed')
    const now = performance.now()
    const waiting = states.map((state) => {
      // An old message may have a later state than this one.
      const isYoung = Date.now() - Date.parse(state.createdAt) < MAX_AGE_MS / 2
      return { state, asOf: isYoung ? now : Number.NEGATIVE_INFINITY, done: Promise.withResolvers<void>() }
    })
    this.waitingCount += waiting.length
    this.queue.add(...waiting)
    if (waiting.length >= HURRIED) this.queue.hurry()
    await Promise.allSettled(waiting.map(({ done }) => done.promise))
    this.waitingCount -= waiting.length
    await Promise.all(waiting.map(({ done }) => done.promise))
  }

  /** Adds messages that were read from the store just now, without waiting for others. Rejects where it fails. */
  addStored = (docs: readonly MessageDoc[]): Promise<void> =>
    this.writer.write(
      docs.map((doc) => presentMessage(doc)),
      performance.now(),
    )

  async forgetRoom(roomId: string) {
    await this.parts.removals.add([roomRemoval(roomId)])
  }

  /** Writes what waits. What the database does not take then is rejected. */
  async close() {
    this.closing.abort()
    this.queue.hurry()
    await this.queue.idle()
  }

  private async write(batch: Waiting[]) {
    const left = new Set(batch)
    let tries = 1
    for (let pause = MIN_PAUSE_MS; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
      try {
        return await this.writeAll(left, tries > TRIES)
      } catch (err) {
        if (this.closing.signal.aborted) throw err
        if (!isPassing(err)) tries += 1
        this.parts.logger.warn({ err, messages: left.size }, 'messages not indexed, will try again')
        await delay(pause, null, { signal: this.closing.signal }).catch(() => {})
      }
    }
  }

  /** Takes out of `left` what is written. What cannot be written, whatever it comes with, is set aside. */
  private async writeAll(left: Set<Waiting>, mayAllFail: boolean) {
    const handle = async (part: Waiting[]) => {
      await this.tryToWrite(part)
      for (const each of part) {
        left.delete(each)
        each.done.resolve()
      }
      return []
    }
    for (const { item, reason } of await handleInHalves({ handle, isPassing, mayAllFail }, [...left])) {
      const { _id: messageId } = item.state
      this.parts.logger.error({ err: reason, messageId }, 'message not indexed: no search finds it')
      item.done.resolve()
    }
  }

  private async tryToWrite(batch: Waiting[]) {
    const now = performance.now()
    const { old = [], young = [] } = Object.groupBy(batch, ({ asOf }) =>
      now - asOf > MAX_AGE_MS / 2 ? 'old' : 'young',
    )
    const read = await this.readAgain([...new Set(old.map(({ state }) => state._id))])
    const known = new Set(old.map(({ state }) => state._id))
    const given = young.map(({ state }) => state).filter(({ _id }) => !known.has(_id))
    const asOf = Math.min(now, ...young.map((each) => each.asOf))
    await this.writer.write([...latestOf(given), ...read], asOf)
  }

  private async readAgain(ids: string[]): Promise<MessageState[]> {
    const states: MessageState[] = []
    for (const some of chunksOf(ids, READ)) {
      const docs = await this.parts.readMessages(some)
      states.push(...docs.map((doc) => presentMessage(doc)))
    }
    return states
  }
}

const isPassing = (reason: unknown) => reason instanceof StatesOutdated || isOutage(reason)

function latestOf(states: MessageState[]): MessageState[] {
  const latest = new Map<string, MessageState>()
  for (const state of states) {
    const known = latest.get(state._id)
    if (!known || known.updatedAt < state.updatedAt) latest.set(state._id, state)
  }
  return [...latest.values()]
}
