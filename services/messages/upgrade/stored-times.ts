import { changeId, messageId } from '@chat/contract'
import { type Bus, type Connection, type DutyCycle, type Logger, modelOf, type Outbox } from '@chat/service'
import type { Model } from 'mongoose'
import type { ChangeStore } from '../changes/change-store.ts'
import type { OldIndex } from '../search/old-index.ts'
import type { MessageStore } from '../send/message-store.ts'
import { addStoredTimes } from './room-end.ts'

/** A walk through the rooms' ends, which goes on behind the room `after`. */
type Pass = {
  after: string
  startedAt: Date
  /** Nothing that is older needs a stored time. */
  since: Date
  /** What is stored from then on may not be published. */
  owedSince: Date
  hasFound: boolean
}
type ProgressDoc = Pass & { _id: 'storedTimes'; endedAt: Date | null; doneAt: Date | null }
type Parts = {
  connection: Connection
  bus: Bus
  store: MessageStore
  changes: ChangeStore
  oldIndex: OldIndex
  outbox: Pick<Outbox, 'recover'>
  logger: Logger
  pace: DutyCycle
  /** From the end of a pass to the next one, in ms. */
  restMs: number
}

const caller = { userId: '', requestId: 'stored times' }
/** As long as the stream keeps events. */
const YOUNG_MS = 7 * 24 * 60 * 60 * 1_000
/** An earlier version published at once what it stored, or when the room was used next. */
const OWED_MS = 60 * 60 * 1_000
/** An insert may take that long, and clocks may differ by that much. */
const MARGIN_MS = 5 * 60_000

/**
 * Gives young messages and changes of versions before the outbox the time at which they were stored, so that the recovery
 * finds them: the time at which they were made. Instances of such a version may run beside, so passes are repeated until
 * one finds nothing and those instances have left no trace. One instance at a time runs it, and another may go on.
 */
export class StoredTimes {
  private readonly parts: Parts
  private readonly model: Model<ProgressDoc>

  constructor(parts: Parts) {
    this.parts = parts
    this.model = modelOf<ProgressDoc>(parts.connection, 'upgrades')
  }

  /** Goes on with the pass, or begins one where it is due. Call it again and again. */
  run = async (signal: AbortSignal) => {
    const mayBeBeside = await this.parts.oldIndex.isThere()
    const stored = await this.model.findOne({ _id: 'storedTimes' }).lean<ProgressDoc>()
    if (stored?.doneAt && !mayBeBeside) return
    // Done, and yet an earlier version has written since: all is to be looked at again.
    const known = stored?.doneAt ? null : stored
    if (isResting(known, this.parts.restMs)) return
    const pass = known?.endedAt === null ? known : await this.set({ ...nextPass(known), ...NOT_ENDED })
    const hasFound = await this.walk(pass, signal)
    if (hasFound) await this.parts.outbox.recover(pass.owedSince)
    const now = new Date()
    await this.set({ endedAt: now, doneAt: hasFound || mayBeBeside ? null : now })
  }

  /** @returns whether it has found something to do */
  private async walk(pass: ProgressDoc, signal: AbortSignal): Promise<boolean> {
    const { bus, pace, logger } = this.parts
    let { after, hasFound } = pass
    const count = { rooms: 0, documents: 0 }
    const noteFound = async () => {
      // Noted first: what has a stored time is not found again.
      if (!hasFound) await this.set({ hasFound: true })
      hasFound = true
    }
    for (;;) {
      const { roomIds } = await bus.ask('listRoomIds', caller, after ? { after } : {})
      for (const roomId of roomIds) {
        signal.throwIfAborted()
        count.documents += await pace.run(() => this.completeRoom(roomId, pass.since, noteFound))
      }
      const last = roomIds.at(-1)
      if (last === undefined) return hasFound
      after = last
      count.rooms += roomIds.length
      await this.set({ after })
      logger.info(count, 'times of storing added to messages of an earlier version')
    }
  }

  private async completeRoom(roomId: string, since: Date, noteFound: () => Promise<void>): Promise<number> {
    const { store, changes } = this.parts
    const common = { roomId, since, noteFound }
    const last = { seq: await store.lastSeq(roomId), change: await changes.last(roomId) }
    const messages = await addStoredTimes(store.model, { ...common, idOf: messageId, last: last.seq })
    return messages + (await addStoredTimes(changes.model, { ...common, idOf: changeId, last: last.change }))
  }

  private async set(fields: Partial<ProgressDoc>): Promise<ProgressDoc> {
    const options = { upsert: true, returnDocument: 'after' } as const
    const change = { $set: fields }
    return (await this.model
      .findOneAndUpdate({ _id: 'storedTimes' }, change, options)
      .lean<ProgressDoc>()) as ProgressDoc
  }
}

const NOT_ENDED = { endedAt: null, doneAt: null }

const isResting = (known: ProgressDoc | null, restMs: number) =>
  known?.endedAt != null && Date.now() - known.endedAt.getTime() < restMs

/** The first one looks at everything young, later ones at what has come since the one before began. */
function nextPass(before: ProgressDoc | null): Pass {
  const startedAt = new Date()
  const ago = (ms: number) => new Date(startedAt.getTime() - ms)
  const common = { after: '', startedAt, hasFound: false }
  if (!before) return { ...common, since: ago(YOUNG_MS), owedSince: ago(OWED_MS) }
  const since = new Date(before.startedAt.getTime() - MARGIN_MS)
  return { ...common, since, owedSince: since }
}
