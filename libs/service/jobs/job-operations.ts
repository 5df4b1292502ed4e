import type { Handlers, Output } from '@chat/contract'
import type { Bus } from '../bus/bus.ts'
import type { Job } from './job.ts'
import type { JobStore } from './job-store.ts'

const PAGE = 100

/** Answers the admin commands for one kind of jobs, and counts its dead letters in the metrics. */
export function serveJobs<Doc extends Job>(bus: Bus, { kind, deadLetters }: JobStore<Doc>) {
  bus.metrics.watchDeadLetters(kind, () => deadLetters.count())
  const handlers: Handlers<'jobs'> = {
    countJobs: () => deadLetters.countJobs(),
    listDeadLetters: async (_caller, { after = '', limit = PAGE }) => {
      const [page, total] = await Promise.all([deadLetters.list(after, limit), deadLetters.count()])
      const nextAfter = page.length === limit ? (page.at(-1)?._id ?? null) : null
      return { list: page.map(present), nextAfter, total }
    },
    getDeadLetter: async (_caller, id) => {
      const found = await deadLetters.get(id)
      return { deadLetter: found && { ...present(found), details: deadLetters.describe(found) } }
    },
    replayDeadLetters: async (_caller, { ids }) => ({ replayed: await deadLetters.replay(ids) }),
    dropDeadLetters: async (_caller, { ids }) => ({ dropped: await deadLetters.drop(ids) }),
  }
  return bus.serve('jobs', handlers, bus.subjects.jobs(kind, '*'))
}

const present = ({ _id, lastError = '', tries, deadAt }: Job): Output<'listDeadLetters'>['list'][number] => ({
  id: _id,
  reason: lastError,
  tries,
  deadAt: (deadAt ?? new Date(0)).toISOString(),
})
