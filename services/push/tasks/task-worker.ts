import { isOutage, JobWorker, type Outcomes } from '@chat/service'
import { isTooOld } from '../delivery/notice.ts'
import { notify } from '../delivery/notifier.ts'
import type { Parts } from '../parts.ts'
import { refreshNotices } from './latest-notices.ts'
import type { TaskDoc } from './task-store.ts'

const BATCH_SIZE = 100
const OUTAGE_PAUSE_MS = 5_000

export const startTaskWorker = (parts: Parts) =>
  new JobWorker<TaskDoc>({
    jobs: parts.tasks.jobs,
    logger: parts.logger,
    pollMs: parts.times.pollMs,
    batchSize: BATCH_SIZE,
    run: (due) => run(parts, due),
  })

/** Where a service is away, the pushes have not failed. */
async function run(parts: Parts, due: TaskDoc[]): Promise<Outcomes<TaskDoc>> {
  try {
    const wanted = due.filter(({ notice, isReplayed }) => isReplayed || !isTooOld(notice))
    await refreshNotices(parts.bus, wanted)
    const failures = await notify(parts, wanted)
    return new Map([...failures].map(([task, error]) => [task, { error }])) as Outcomes<TaskDoc>
  } catch (error) {
    if (!isOutage(error)) throw error
    const dueAt = new Date(Date.now() + OUTAGE_PAUSE_MS)
    return new Map(due.map((task) => [task, { reschedule: { dueAt, tries: task.tries } }]))
  }
}
