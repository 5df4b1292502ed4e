import { activityWithout, type Erased, messageWithout } from '@chat/contract'
import type { Connection, Model } from 'mongoose'
import { type Job, jobIndexes, newJob } from '../jobs/job.ts'
import { JobStore } from '../jobs/job-store.ts'
import { eachJob, JobWorker } from '../jobs/job-worker.ts'
import { insertMissing } from '../storage/bulk-writes.ts'
import { modelOf } from '../storage/mongo.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { isOutage } from './outage.ts'
import type { Delivered, Handle } from './poison-events.ts'
import { type AnyEvent, eventId, numberOf, type StreamKind } from './stream-event.ts'

/** The pauses between tries. There is one try more than there are pauses; then the event is a dead letter. */
const DELAYS_MS = [1_000, 5_000, 30_000, 120_000]
const OUTAGE_PAUSE_MS = 5_000
const PAGE = 100

type FailedEventDoc = Job & { roomId: string; event: AnyEvent; storedAt: Date; isReplayed?: boolean }
type Options<K extends StreamKind> = {
  connection: Connection
  /** The name of its jobs for operators, such as `rooms-event`. */
  kind: string
  metrics: Metrics
  logger: Logger
  handle: Handle<K>
  delaysMs?: number[]
}

/** Events whose handling failed. They are jobs: tried again with pauses, and in the end dead letters that can be replayed. */
export class FailedEvents<K extends StreamKind> {
  readonly jobs: JobStore<FailedEventDoc>
  private readonly model: Model<FailedEventDoc>
  private readonly worker: JobWorker<FailedEventDoc>
  private readonly options: Options<K>
  private readonly delaysMs: number[]

  constructor(options: Options<K>) {
    const { connection, kind, metrics, logger, delaysMs = DELAYS_MS } = options
    this.options = options
    this.delaysMs = delaysMs
    this.model = modelOf<FailedEventDoc>(connection, 'failedEvents', ...jobIndexes, [{ roomId: 1 }])
    const replayFields = { isReplayed: true }
    const backoff = (tries: number) => delaysMs[tries - 1] ?? null
    this.jobs = new JobStore({ kind, model: this.model, metrics, backoff, describe, replayFields })
    const run = eachJob<FailedEventDoc>((job) => this.retry(job))
    this.worker = new JobWorker({ jobs: this.jobs, logger, run })
  }

  close = () => this.worker.close()

  createIndexes = () => this.model.createIndexes()

  /** Stores events after their first try. An event that is here already stays as it is. */
  add = async (failures: (Delivered<K> & { reason: unknown })[]) => {
    if (failures.length === 0) return
    const dueAt = new Date(Date.now() + (this.delaysMs[0] ?? 0))
    const docs = failures.map(({ event, storedAt, reason }) => {
      const lastError = reason instanceof Error ? reason.message : String(reason)
      const content = { _id: eventId(event), roomId: roomOf(event), event, storedAt }
      return { ...content, ...newJob(dueAt), tries: 1, lastError }
    })
    const { logger, kind } = this.options
    for (const { _id, lastError } of docs)
      logger.warn({ kind, eventId: _id, reason: lastError }, 'event failed, will be tried again')
    await insertMissing(this.model, docs)
  }

  async removeRoom(roomId: string) {
    await this.model.deleteMany({ roomId })
  }

  async erase(erased: Erased) {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const rest = this.model.find({ _id: { $gt: after } }).sort({ _id: 1 })
      const page: FailedEventDoc[] = await rest.limit(PAGE).lean()
      for (const { _id, event } of page) {
        const left = eventWithout(event, erased)
        if (left === null) await this.model.deleteOne({ _id })
        else if (left !== event) await this.model.updateOne({ _id }, { $set: { event: left } })
      }
      after = page.length === PAGE ? page.at(-1)?._id : undefined
    }
  }

  private async retry({ event, storedAt, tries, isReplayed = false }: FailedEventDoc) {
    const { handle } = this.options
    try {
      const [failure] = (await handle([event as Delivered<K>['event']], [storedAt], isReplayed)) ?? []
      if (failure) throw failure.reason
      return undefined
    } catch (error) {
      if (!isOutage(error)) throw error
      return { dueAt: new Date(Date.now() + OUTAGE_PAUSE_MS), tries }
    }
  }
}

export async function openFailedEvents<K extends StreamKind>(options: Options<K>): Promise<FailedEvents<K>> {
  const failed = new FailedEvents(options)
  await failed.createIndexes()
  return failed
}

const roomOf = (event: AnyEvent) => (event.kind === 'fact' ? event.fact.roomId : event.message.roomId)

const describe = ({ event, roomId, storedAt }: FailedEventDoc) => ({
  room: roomId,
  event: event.kind === 'fact' ? event.fact.type : `${event.kind} ${numberOf(event)}`,
  storedAt: storedAt.toISOString(),
})

/** The same object where the event does not name the person; null where nothing else is in it. */
function eventWithout(event: AnyEvent, erased: Erased): AnyEvent | null {
  if (event.kind === 'fact') {
    const fact = activityWithout(event.fact, erased)
    return fact === event.fact ? event : fact && { ...event, fact }
  }
  const message = messageWithout(event.message, erased)
  return message === event.message ? event : { ...event, message }
}
