import type { Logger } from '../telemetry/logger.ts'
import { type Job, LeaseLost } from './job.ts'
import type { JobStore } from './job-store.ts'

const BEATS_PER_LEASE = 3

/** The lease of claimed jobs, as the work that holds them sees it. */
export class Lease<Doc extends Job> {
  /** Aborts when the lease is lost, with LeaseLost, or when the process stops. */
  readonly signal: AbortSignal
  private readonly lost = new AbortController()
  private progress: Partial<Doc> = {}

  constructor(stopping?: AbortSignal) {
    this.signal = stopping ? AbortSignal.any([this.lost.signal, stopping]) : this.lost.signal
  }

  get isLost() {
    return this.lost.signal.aborted
  }

  /** Progress that the next heartbeat stores. Progress that must not be lost goes through `update`. */
  note(progress: Partial<Doc>) {
    this.progress = { ...this.progress, ...progress }
  }

  takeProgress(): Partial<Doc> {
    const { progress } = this
    this.progress = {}
    return progress
  }

  lose(error: LeaseLost) {
    this.lost.abort(error)
  }
}

/**
 * Renews the lease of claimed jobs by a heartbeat while `work` runs. The lease is lost when all jobs have another owner
 * or are gone, and when no heartbeat was stored for the length of the lease.
 */
export async function hold<Doc extends Job, T>(
  jobs: JobStore<Doc>,
  docs: Doc[],
  { logger, stopping }: { logger: Logger; stopping?: AbortSignal },
  work: (lease: Lease<Doc>) => Promise<T>,
): Promise<T> {
  const lease = new Lease<Doc>(stopping)
  const { kind, leaseMs } = jobs
  const jobId = docs[0]?._id ?? ''
  let renewedAt = performance.now()
  let isFailing = false
  const beat = async () => {
    // After a standstill of the process, renewing comes first: the lease lives on where nobody has taken it over.
    if (isFailing && performance.now() - renewedAt > leaseMs) return lease.lose(new LeaseLost(kind, jobId))
    const startedAt = performance.now()
    isFailing = true
    try {
      if ((await jobs.renew(docs, lease.takeProgress())) === 0) return lease.lose(new LeaseLost(kind, jobId))
      renewedAt = startedAt
      isFailing = false
    } catch (err) {
      logger.warn({ err, kind, jobId }, 'heartbeat of a job not stored, will try again')
    }
  }
  const timer = setInterval(() => void beat(), leaseMs / BEATS_PER_LEASE)
  try {
    return await work(lease)
  } finally {
    clearInterval(timer)
  }
}
