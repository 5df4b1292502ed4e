import mongoose, { type Connection } from 'mongoose'
import { Periodic } from '../async/periodic.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { type Job, jobSchema } from './job.ts'
import { JobStore } from './job-store.ts'

const CHECKS_PER_LEASE = 3
const schema = new mongoose.Schema<Job>(
  { _id: String, ...jobSchema },
  { versionKey: false, collection: 'leases' },
)

type Work = { close: () => Promise<void> }
type Options = {
  connection: Connection
  metrics: Metrics
  /** What is led; its lease is the document of that name in the collection `leases`. */
  name: string
  leaseMs: number
  /** Starts what only one instance does at a time; null where there is nothing to do yet: it is asked again. */
  open: () => Promise<Work | null>
  failed: (error: unknown) => void
}

/** Work that one of all instances does at a time. When it stops or dies, another one goes on after its lease. */
export class LeaderLease {
  private readonly options: Options
  private readonly jobs: JobStore<Job>
  private readonly periodic: Periodic
  private readonly expiry: NodeJS.Timeout
  private job: Job | null = null
  private renewedAt = 0
  private work: Work | null = null
  private checking: Promise<void> = Promise.resolve()

  constructor(options: Options) {
    const { connection, metrics, leaseMs, failed } = options
    const model = connection.model<Job>('Lease', schema)
    this.options = options
    this.jobs = new JobStore<Job>({ kind: 'leader', model, metrics, leaseMs })
    this.periodic = new Periodic(leaseMs / CHECKS_PER_LEASE, () => this.check(), failed)
    // A renewal that hangs must not outlive the lease.
    this.expiry = setTimeout(() => void this.end().catch(failed), leaseMs)
  }

  async close() {
    await this.periodic.close()
    await this.checking.catch(() => {})
    clearTimeout(this.expiry)
    await this.end()
    if (this.job) await this.jobs.finish([this.job], 'released').catch(this.options.failed)
  }

  /** Takes the lease where it is free, and renews it where it is this instance's. One check at a time. */
  check(): Promise<void> {
    this.checking = this.checking.catch(() => {}).then(() => this.checkOnce())
    return this.checking
  }

  private async checkOnce() {
    if (!(await this.isLeader())) return this.end()
    this.work ??= await this.options.open()
  }

  private async isLeader(): Promise<boolean> {
    const { name, leaseMs, failed } = this.options
    const startedAt = performance.now()
    try {
      if (!this.job || (await this.jobs.renew([this.job])) === 0)
        this.job = (await this.jobs.claim(name)) ?? (await this.jobs.insertClaimed({ _id: name }))
    } catch (error) {
      // Until its lease has run out nobody else has it.
      failed(error)
      return this.job !== null && performance.now() - this.renewedAt < leaseMs
    }
    if (!this.job) return false
    this.renewedAt = startedAt
    this.expiry.refresh()
    return true
  }

  private async end() {
    const { work } = this
    this.work = null
    await work?.close()
  }
}
