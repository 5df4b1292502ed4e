import {
  type Connection,
  isDurableRead,
  lastSequence,
  modelOf,
  readEvents,
  removeDurable,
} from '@chat/service'
import type { Model } from 'mongoose'
import { IndexWalk, type WalkPlace } from './index-walk.ts'
import type { OldIndex } from './old-index.ts'
import type { MessageState } from './segments/segment-writer.ts'

type UpgradeDoc = WalkPlace & {
  _id: 'upgrade'
  /** The stream's last event before the walk. */
  sequence: number
  walkedAt: Date | null
  doneAt: Date | null
}
type WalkParts = ConstructorParameters<typeof IndexWalk>[0]
type Parts = Omit<WalkParts, 'note'> & {
  connection: Connection
  oldIndex: OldIndex
  add: (states: MessageState[]) => Promise<void>
  /** For how long no old instance must have run. A rolling update may have a moment without one. */
  quietMs?: number
}

const START = { roomId: '', seq: 0, messages: 0, walkedAt: null, doneAt: null }
/** The stream's consumer of versions with the old index. */
const OLD_DURABLE = 'search'
const QUIET_MS = 60_000
const BATCH = 500

/**
 * Indexes all stored messages once, in the background: after an update from a version with the old index, and when the
 * index was lost. Instances of old versions may run beside. They keep the old index, so searches read both until no such
 * instance runs; then the messages that they have sent since are taken from the stream, and the old index is dropped.
 */
export class IndexUpgrade {
  private readonly parts: Parts
  private readonly model: Model<UpgradeDoc>
  private isKnownDone = false
  private unreadSince: number | null = null

  constructor(parts: Parts) {
    this.parts = parts
    this.model = modelOf(parts.connection, 'searchUpgrade')
  }

  /** Whether the segments hold all messages. */
  isDone = async (): Promise<boolean> => {
    this.isKnownDone ||= Boolean((await this.read())?.doneAt)
    return this.isKnownDone
  }

  /** Goes on with the upgrade, in one instance at a time. Call it until `isDone`. */
  async run(signal: AbortSignal) {
    const { oldIndex, bus, logger } = this.parts
    const stored = await this.read()
    // Otherwise, an old version has run since.
    if (stored?.doneAt && !(await oldIndex.isThere())) return
    const isBegun = stored && !stored.doneAt
    const doc = isBegun ? stored : await this.set({ ...START, sequence: await lastSequence(bus) })
    if (!doc.walkedAt) await this.walk(doc, signal)
    if (await this.isOldVersionRunning()) return
    await this.readStream(doc.sequence, signal)
    await removeDurable({ bus, durable: OLD_DURABLE })
    await oldIndex.drop()
    await this.set({ doneAt: new Date() })
    logger.info('the search index holds all messages')
  }

  private async walk({ roomId, seq, messages }: WalkPlace, signal: AbortSignal) {
    const note = async (place: WalkPlace) => void (await this.set(place))
    await new IndexWalk({ ...this.parts, note }, { roomId, seq, messages }, signal).run()
    await this.set({ walkedAt: new Date() })
  }

  private async isOldVersionRunning(): Promise<boolean> {
    const { bus, oldIndex, quietMs = QUIET_MS } = this.parts
    if (await isDurableRead({ bus, durable: OLD_DURABLE })) {
      this.unreadSince = null
      return true
    }
    this.unreadSince ??= performance.now()
    return (await oldIndex.isThere()) && performance.now() - this.unreadSince < quietMs
  }

  /** The walk may have been past a room when an old version wrote into it. */
  private async readStream(sequence: number, signal: AbortSignal) {
    let states: MessageState[] = []
    const flush = async () => {
      await this.parts.add(states)
      states = []
    }
    const { bus } = this.parts
    // The stream may have been made anew.
    const from = (await lastSequence(bus)) < sequence ? 1 : sequence + 1
    for await (const { message } of readEvents(bus, ['message', 'change'], from)) {
      signal.throwIfAborted()
      states.push(message)
      if (states.length >= BATCH) await flush()
    }
    await flush()
  }

  private read = () => this.model.findOne({ _id: 'upgrade' }).lean<UpgradeDoc>()

  private async set(fields: Partial<UpgradeDoc>): Promise<UpgradeDoc> {
    const change = { $set: fields }
    const options = { upsert: true, returnDocument: 'after' } as const
    return (await this.model
      .findOneAndUpdate({ _id: 'upgrade' }, change, options)
      .lean<UpgradeDoc>()) as UpgradeDoc
  }
}
