import { randomBytes } from 'node:crypto'
import {
  type Connection,
  exponential,
  insertMissing,
  type Job,
  JobStore,
  jobIndexes,
  type Metrics,
  modelOf,
  newJob,
  type Part,
} from '@chat/service'
import type { Model } from 'mongoose'
import type { ExportFormat } from './file/formats.ts'

/** A part of the file in S3, and the seqs whose messages are in it, both inclusive. */
export type ExportPart = Part & { from: number; to: number }

export type ExportDoc = Job & {
  /** Empty where a platform has asked for it. */
  userId: string
  roomId: string
  format: ExportFormat
  email: string | null
  from: Date | null
  to: Date | null
  state: 'waiting' | 'running' | 'ready' | 'failed'
  /** The room's last seq when the export was requested; later messages are not in it. */
  lastSeq: number
  /** The first seq that may be in it, once it is running. */
  firstSeq: number
  /** The last seq that has been read. */
  seenSeq: number
  /** The room's last change that the parts reflect. */
  lastChange: number
  path: string
  uploadId: string | null
  parts: ExportPart[]
  /** Nobody waits for its notice: it was sent, or given up. */
  isTold: boolean
  expiresAt: Date
  createdAt: Date
}
type Slot = { _id: string; exportId: string; createdAt: Date }

export const MAX_TRIES = 20
const HOUR_MS = 60 * 60 * 1000

/** An export that has not begun. Its id sorts by time and cannot be guessed. */
export function newExport(
  requested: Pick<ExportDoc, 'userId' | 'roomId' | 'format' | 'email' | 'from' | 'to' | 'lastSeq'>,
): ExportDoc {
  const createdAt = new Date()
  return {
    ...newJob(createdAt),
    ...requested,
    _id: createdAt.getTime().toString(16).padStart(12, '0') + randomBytes(10).toString('hex'),
    state: 'waiting',
    firstSeq: 1,
    seenSeq: 0,
    lastChange: 0,
    path: `exports/${randomBytes(16).toString('hex')}`,
    uploadId: null,
    parts: [],
    isTold: false,
    expiresAt: inADay(createdAt),
    createdAt,
  }
}
export const inADay = (from = new Date()) => new Date(from.getTime() + 24 * HOUR_MS)

export const isExpired = ({ expiresAt }: ExportDoc) => expiresAt.getTime() <= Date.now()
export const isOver = ({ state }: ExportDoc) => state === 'ready' || state === 'failed'

export class ExportStore {
  readonly jobs: JobStore<ExportDoc>
  private readonly model: Model<ExportDoc>
  private readonly slots: Model<Slot>

  constructor(connection: Connection, metrics: Metrics) {
    this.model = modelOf(connection, 'exports', [{ userId: 1, _id: -1 }], [{ roomId: 1 }], ...jobIndexes)
    this.slots = modelOf(connection, 'exportSlots')
    this.jobs = new JobStore<ExportDoc>({
      kind: 'export',
      model: this.model,
      metrics,
      backoff: exponential({ maxTries: MAX_TRIES }),
      unfinished: { isTold: false },
      deadFields: { state: 'failed', isTold: true },
      replayFields: { state: 'waiting', isTold: false },
      // A replayed export must not expire before it is ready.
      keepDeadMs: 23 * HOUR_MS,
      describe: ({ roomId, userId, format }) => ({ roomId, userId, format }),
    })
  }

  /** @returns null, or the slot of another export; a slot is kept until it is freed */
  async takeSlot(userId: string, exportId: string): Promise<Slot | null> {
    const taken = await insertMissing(this.slots, [{ _id: userId, exportId, createdAt: new Date() }])
    if (taken.length === 0) return null
    return (await this.slots.findById(userId).lean<Slot>()) ?? this.takeSlot(userId, exportId)
  }

  async freeSlot(userId: string, exportId?: string) {
    await this.slots.deleteOne({ _id: userId, ...(exportId !== undefined && { exportId }) })
  }

  async insert(doc: ExportDoc) {
    await this.model.collection.insertOne(doc as never)
  }

  find = (id: string): Promise<ExportDoc | null> => this.model.findById(id).lean<ExportDoc>()
  ofRoom = (roomId: string): Promise<ExportDoc[]> => this.model.find({ roomId }).lean<ExportDoc[]>()
  ofUser = (userId: string): Promise<ExportDoc[]> => this.model.find({ userId }).lean<ExportDoc[]>()
  ofMembers = (roomId: string, userIds: string[]): Promise<ExportDoc[]> =>
    this.model.find({ roomId, userId: { $in: userIds } }).lean<ExportDoc[]>()

  /** Of one user, or of all for null, newest first. */
  list(userId: string | null, before: string | undefined, limit: number): Promise<ExportDoc[]> {
    const filter = {
      ...(userId !== null && { userId }),
      ...(before !== undefined && { _id: { $lt: before } }),
    }
    return this.model.find(filter).sort({ _id: -1 }).limit(limit).lean<ExportDoc[]>()
  }

  countOpen(userId: string): Promise<number> {
    return this.model.countDocuments({ userId, state: { $in: ['waiting', 'running'] } })
  }

  /** Takes exports from their owners and lets them expire. */
  async end(docs: ExportDoc[]) {
    const now = new Date()
    const ids = docs.map(({ _id }) => _id)
    await this.model.updateMany({ _id: { $in: ids } }, { $set: { claim: null, expiresAt: now, dueAt: now } })
  }

  /** Takes an export from its owner and lets it begin again at `dueAt`. @returns it as it was; null if it has failed */
  restart(id: string, dueAt: Date): Promise<ExportDoc | null> {
    const change = { state: 'waiting', uploadId: null, parts: [], claim: null, dueAt }
    return this.model
      .findOneAndUpdate({ _id: id, state: { $ne: 'failed' } }, { $set: change }, { returnDocument: 'before' })
      .lean<ExportDoc>()
  }

  async remove({ _id, userId }: ExportDoc) {
    await this.model.deleteOne({ _id })
    await this.freeSlot(userId, _id)
  }
}
