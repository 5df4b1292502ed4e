import { JobWorker, type Outcomes } from '@chat/service'
import { notify } from '../delivery/notifier.ts'
import type { Parts } from '../parts.ts'
import { refreshNotices } from './latest-notices.ts'
import type { TaskDoc } from './task-store.ts'

const BATCH_SIZE = 100

export const startTaskWorker = (parts: Parts) =>
  new JobWorker<TaskDoc>({
    jobs: parts.tasks.jobs,
    logger: parts.logger,
    pollMs: parts.times.pollMs,
    batchSize: BATCH_SIZE,
    run: async (due) => {
      await refreshNotices(parts.bus, due)
      const failures = await notify(parts, due)
      return new Map([...failures].map(([task, error]) => [task, { error }])) as Outcomes<TaskDoc>
    },
  })
