import type { Connection, Model } from 'mongoose'
import { Periodic } from '../async/periodic.ts'
import { modelOf } from '../storage/mongo.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Job } from './job.ts'
import { JobStore } from './job-store.ts'

const CHECKS_PER_LEASE = 3

type Options = {
  connection: Connection
  metrics: Metrics
  /** The id of the lease in the collection `leases`. */
  name: string
  leaseMs: number
  /** Starts the work of the leader. Null means that there is nothing to do yet: it is called again. */
  open: () => Promise<{ close: () => Promise<void> } | null>
  failed: (error: unknown) => void
}

/** Elects one of all instances as the leader. When it stops, another one leads within a third of a lease; when it dies, within a lease and a third. */
export class LeaderLease {
  private readonly options: Options
  private readonly jobs: JobStore<Job>
  private readonly periodic: Periodic
  private readonly expiry: NodeJS.Timeout
  private job: Job | null = null
  private renewedAt = 0
  private work: Awaited<ReturnType<Options['open']>> = null
  private ending: Promise<void> | null = null
  private checking: Promise<void> = Promise.resolve()

  constructor(options: Options) {
    const { connection, metrics, leaseMs, failed } = options
    const model = (connection.models.leases as unknown as Model<Job>) ?? modelOf<Job>(connection, 'leases')
    this.options = options
    this.jobs = new JobStore<Job>({ kind: 'leader', model, metrics, leaseMs })
    this.periodic = new Periodic(leaseMs / CHECKS_PER_LEASE, () => this.check(), failed)
    // Work must not outlive the lease while a renewal hangs.
    this.expiry = setTimeout(() => void this.end().catch(failed), leaseMs)
  }

  async close() {
    await this.periodic.close()
    await this.checking.catch(() => {})
    clearTimeout(this.expiry)
    await this.end()
    if (this.job) await this.jobs.finish([this.job], 'released').catch(this.options.failed)
  }

  /** Takes a free lease, or renews this instance's own. One check runs at a time. */
  check(): Promise<void> {
    this.checking = this.checking.catch(() => {}).then(() => this.checkOnce())
    return this.checking
  }

  private async checkOnce() {
    if (!(await this.takeOrRenew())) return this.end()
    // Work that outlived its lease ends before the next begins; until then the lease keeps others from beginning, too.
    if (!this.ending) this.work ??= await this.options.open()
  }

  private async takeOrRenew(): Promise<boolean> {
    const { name, leaseMs, failed } = this.options
    const startedAt = performance.now()
    try {
      if (!this.job || (await this.jobs.renew([this.job])) === 0)
        this.job = (await this.jobs.claim(name)) ?? (await this.jobs.insertClaimed({ _id: name }))
    } catch (error) {
      // Nobody else can lead before the lease expires.
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
    if (work)
      this.ending = work.close().finally(() => {
        this.ending = null
      })
    await this.ending
  }
}
