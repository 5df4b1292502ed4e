import type { Connection } from 'mongoose'
import { modelOf } from '../../storage/mongo.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { exponential, type Job, type JobOptions, jobIndexes, newJob } from '../job.ts'
import { JobStore } from '../job-store.ts'
import { eachJob, JobWorker } from '../job-worker.ts'

/** A job for tests: each of its steps stores one document and is noted as progress. */
export type StepsDoc = Job & { done: number; isBad: boolean }

export const STEPS = 3
export const MAX_TRIES = 3
export const LEASE_MS = 600

export const logger = createLogger('silent')
export const newSteps = (_id: string, fields: Partial<StepsDoc> = {}): StepsDoc => ({
  _id,
  ...newJob(),
  done: 0,
  isBad: false,
  ...fields,
})

export async function openSteps(connection: Connection, options: Partial<JobOptions<StepsDoc>> = {}) {
  const model = modelOf<StepsDoc>(connection, 'steps', ...jobIndexes)
  await model.createIndexes()
  const metrics = createMetrics()
  const backoff = exponential({ firstMs: 50, maxTries: MAX_TRIES })
  const parts = { kind: 'steps', model, metrics, backoff, leaseMs: LEASE_MS, ...options }
  return { model, metrics, parts, jobs: new JobStore<StepsDoc>(parts) }
}

/** The points of a job at which a worker may die. */
export type Point = 'claimed' | 'working' | 'between notes' | 'before finish' | 'before retry'

export function openWorker(
  connection: Connection,
  jobs: JobStore<StepsDoc>,
  reached: (point: Point) => Promise<void> = async () => {},
) {
  const effects = connection.collection<{ _id: string }>('effects')
  return new JobWorker<StepsDoc>({
    jobs,
    logger,
    pollMs: 50,
    run: eachJob(async (claimed, { signal }) => {
      await reached('claimed')
      let job = claimed
      while (job.done < STEPS) {
        signal.throwIfAborted()
        // The index refuses a repeated step.
        await effects.insertOne({ _id: `${job._id} ${job.done}` })
        if (job.done === 0) await reached('working')
        job = await jobs.update(job, { done: job.done + 1 })
        if (job.done === 1) await reached('between notes')
      }
      if (job.isBad) throw new Error('bad')
      return undefined
    }),
  })
}
