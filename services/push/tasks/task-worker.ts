import { JobWorker, type Logger, type Outcomes } from '@chat/service'
import type { Notifier } from '../delivery/notifier.ts'
import type { LatestNotices } from './latest-notices.ts'
import type { TaskDoc, TaskStore } from './task-store.ts'

const BATCH_SIZE = 100

type Parts = {
  tasks: TaskStore
  notifier: Notifier
  latestNotices: LatestNotices
  logger: Logger
  pollMs: number
}

/** Sends pushes whose time has come. */
export const startTaskWorker = ({ tasks, notifier, latestNotices, logger, pollMs }: Parts) =>
  new JobWorker<TaskDoc>({
    jobs: tasks.jobs,
    logger,
    pollMs,
    batchSize: BATCH_SIZE,
    run: async (due) => {
      await latestNotices.bringUpToDate(due)
      const failures = await notifier.notify(due)
      const failed = due.filter((task) => failures.has(task))
      return new Map(failed.map((task) => [task, { error: failures.get(task) }])) as Outcomes<TaskDoc>
    },
  })
