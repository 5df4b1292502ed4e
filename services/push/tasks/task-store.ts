import { createHash } from 'node:crypto'
import {
  type Connection,
  insertMissing,
  type Job,
  JobStore,
  jobIndexes,
  type Metrics,
  modelOf,
  newJob,
} from '@chat/service'
import type { StoredTask, Task } from '../delivery/notice.ts'

/** `isReplayed`: an operator wants it to be pushed, however old it is. */
export type TaskDoc = Job & Task & { isReplayed?: boolean }

/** A push service that does not answer holds a batch for minutes; the heartbeat renews the lease. */
const LEASE_MS = 30_000

function taskId({ notice, only }: Task): string {
  const users = createHash('sha256').update(JSON.stringify(only?.toSorted() ?? null))
  return `${notice.messageId}:${users.digest('base64url').slice(0, 16)}`
}

const describe = ({ notice, only }: TaskDoc) => ({
  room: notice.roomId,
  message: notice.messageId,
  author: notice.authorId,
  for: only ?? 'all members who want it',
  says: notice.body,
})

/** Pushes that are sent later, and those that failed too often. */
export async function openTasks(connection: Connection, metrics: Metrics, retryDelaysMs: number[]) {
  const model = modelOf<TaskDoc>(connection, 'tasks', ...jobIndexes)
  const backoff = (tries: number) => retryDelaysMs[tries - 1] ?? null
  const jobs = new JobStore<TaskDoc>({
    ...{ kind: 'push', model, metrics, leaseMs: LEASE_MS, backoff, describe },
    replayFields: { isReplayed: true },
  })
  await moveDeadLetters(connection, jobs)
  return {
    jobs,

    /** A message's task for the same users is stored once. */
    async add(tasks: Task[], dueAt: Date) {
      const docs = tasks.map((task) => ({ _id: taskId(task), ...task, ...newJob(dueAt) }))
      if (docs.length > 0) await insertMissing(model, docs)
    },

    /** Stores messages whose first try has failed. */
    async addFailed(failed: (Task & { reason: string })[], dueAt: Date) {
      const docs = failed.map(({ reason, ...task }) => {
        const job = { ...newJob(dueAt), tries: 1, lastError: reason }
        return { _id: task.notice.messageId, ...task, ...job }
      })
      if (docs.length > 0) await insertMissing(model, docs)
    },

    /** In the order of their ids, dead letters included. */
    page: (after: string, limit: number): Promise<TaskDoc[]> =>
      model
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .lean(),

    async rewrite({ _id, notice, only }: StoredTask) {
      await model.updateOne({ _id }, { $set: { notice, only } })
    },

    async delete(ids: string[]) {
      if (ids.length > 0) await model.deleteMany({ _id: { $in: ids } })
    },

    /** Ids begin with the message's, and a message's with its room's and a dash. */
    async deleteRoom(roomId: string) {
      await model.deleteMany({ _id: { $gt: `${roomId}-`, $lt: `${roomId}.` } })
    },
  }
}
export type TaskStore = Awaited<ReturnType<typeof openTasks>>

/** Earlier versions kept dead letters in a collection of their own. */
async function moveDeadLetters(connection: Connection, { deadLetters }: JobStore<TaskDoc>) {
  type Old = Task & { _id: string; reason: string; tries: number }
  const old = connection.collection<Old>('setAside')
  for await (const { _id, notice, only, isSecond, reason, tries } of old.find()) {
    await deadLetters.insert({ _id, notice, only, isSecond }, { tries, lastError: reason })
    await old.deleteOne({ _id })
  }
}
