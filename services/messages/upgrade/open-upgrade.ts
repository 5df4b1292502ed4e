import { DutyCycle, LeaderLease, type Metrics, Periodic, type Scope } from '@chat/service'
import { StoredTimes } from './stored-times.ts'

const LEASE_MS = 10_000
const CHECK_MS = 5_000
const REST_MS = 10 * 60_000
/** Rests between pieces of the work, in durations of a piece. */
const REST = 1

type Parts = Omit<ConstructorParameters<typeof StoredTimes>[0], 'pace' | 'restMs'> & { metrics: Metrics }

/** Brings data of earlier versions to the present form in the background, in one instance at a time. */
export async function openUpgrade(scope: Scope, parts: Parts) {
  const { connection, metrics, logger } = parts
  const failed = (err: unknown) => logger.warn({ err }, 'data not brought up to date, will try again')
  const storedTimes = new StoredTimes({ ...parts, pace: new DutyCycle(REST), restMs: REST_MS })
  const open = async () => {
    const closing = new AbortController()
    const unlessClosing = (error: unknown) => closing.signal.aborted || failed(error)
    const work = new Periodic(CHECK_MS, () => storedTimes.run(closing.signal), unlessClosing)
    return {
      close: () => {
        closing.abort()
        return work.close()
      },
    }
  }
  const lease = { connection, metrics, name: 'upgrade', leaseMs: LEASE_MS, open, failed }
  const leader = await scope.use('upgrade', new LeaderLease(lease))
  leader.check().catch(failed)
}
