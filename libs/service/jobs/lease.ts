import type { Logger } from '../telemetry/logger.ts'
import { type Job, LeaseLost } from './job.ts'
import type { JobStore } from './job-store.ts'

const BEATS_PER_LEASE = 3

export type Lease<Doc extends Job> = {
  /** Aborts when the lease is lost, with LeaseLost, or when the process stops. */
  readonly signal: AbortSignal
  readonly isLost: boolean
  /** Notes progress that the next heartbeat stores. Progress that must not be lost goes through `update`. */
  note: (progress: Partial<Doc>) => void
}

/** Renews a lease while `work` runs. It is lost to other owners, and when no heartbeat was stored for its length. */
export async function hold<Doc extends Job, T>(
  jobs: JobStore<Doc>,
  docs: Doc[],
  { logger, stopping }: { logger: Logger; stopping?: AbortSignal },
  work: (lease: Lease<Doc>) => Promise<T>,
): Promise<T> {
  const { kind, leaseMs } = jobs
  const jobId = docs[0]?._id ?? ''
  const lost = new AbortController()
  const lose = () => lost.abort(new LeaseLost(kind, jobId))
  let progress: Partial<Doc> = {}
  let renewedAt = performance.now()
  let isFailing = false
  const beat = async () => {
    // After a standstill of the process, renewing comes first: the lease lives on where nobody has taken it over.
    if (isFailing && performance.now() - renewedAt > leaseMs) return lose()
    const startedAt = performance.now()
    isFailing = true
    const noted = progress
    progress = {}
    try {
      if ((await jobs.renew(docs, noted)) === 0) return lose()
      renewedAt = startedAt
      isFailing = false
    } catch (err) {
      logger.warn({ err, kind, jobId }, 'heartbeat of a job not stored, will try again')
    }
  }
  const timer = setInterval(() => void beat(), leaseMs / BEATS_PER_LEASE)
  try {
    return await work({
      signal: AbortSignal.any(stopping ? [lost.signal, stopping] : [lost.signal]),
      get isLost() {
        return lost.signal.aborted
      },
      note: (more) => {
        progress = { ...progress, ...more }
      },
    })
  } finally {
    clearInterval(timer)
  }
}
