import { Type } from 'typebox'
import { Count, Nullable, optional, Text, Timestamp } from '../schemas/values.ts'
import { forServices } from './operation.ts'

const JobId = Text(1, 300)
const JobIds = Type.Array(JobId, { minItems: 1, maxItems: 500 })
const DeadLetter = Type.Object({
  id: JobId,
  /** Why it failed the last time. */
  reason: Type.String(),
  tries: Type.Integer({ minimum: 1 }),
  deadAt: Timestamp,
})

/** What operators ask of the jobs of one kind: whichever service has that kind answers. */
export const jobOperations = forServices('jobs', {
  countJobs: {
    summary: 'Jobs that wait, jobs that run, and dead letters',
    input: Type.Object({}),
    output: Type.Object({ waiting: Count, running: Count, dead: Count }),
    timeoutMs: 10_000,
  },
  listDeadLetters: {
    summary: 'Jobs that failed too often, a page at a time, in the order of their ids',
    input: Type.Object(optional({ after: JobId, limit: Type.Integer({ minimum: 1, maximum: 500 }) })),
    output: Type.Object({ list: Type.Array(DeadLetter), nextAfter: Nullable(Type.String()), total: Count }),
    timeoutMs: 10_000,
  },
  getDeadLetter: {
    summary: 'One dead letter, with what is known of it; null where there is none',
    input: JobId,
    output: Type.Object({
      deadLetter: Nullable(
        Type.Object({ ...DeadLetter.properties, details: Type.Record(Type.String(), Type.Unknown()) }),
      ),
    }),
  },
  replayDeadLetters: {
    summary: 'Do dead letters again',
    input: Type.Object({ ids: JobIds }),
    output: Type.Object({ replayed: Count }),
    timeoutMs: 10_000,
  },
  dropDeadLetters: {
    summary: 'Delete dead letters: they are never done',
    input: Type.Object({ ids: JobIds }),
    output: Type.Object({ dropped: Count }),
    timeoutMs: 10_000,
  },
})
