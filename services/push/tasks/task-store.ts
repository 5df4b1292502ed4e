import { createHash } from 'node:crypto'
import {
  type Connection,
  indexJobs,
  insertMissing,
  type Job,
  JobStore,
  jobSchema,
  type Metrics,
  newJob,
} from '@chat/service'
import mongoose from 'mongoose'
import { messagesOf, type StoredTask, type Task } from '../delivery/notice.ts'

/** A task that waits for its time, or as a dead letter for an operator. */
export type TaskDoc = Job & Task

/** A push service that answers nothing holds a batch for minutes. */
const LEASE_MS = 30_000

const { Schema } = mongoose
const taskSchema = new Schema<TaskDoc>(
  {
    _id: String,
    ...jobSchema,
    notice: { type: Schema.Types.Mixed, required: true },
    only: { type: [String], default: null },
    isSecond: { type: Boolean, required: true },
  },
  { versionKey: false },
)
indexJobs(taskSchema)

function taskId({ notice, only }: Task): string {
  const people = createHash('sha256').update(JSON.stringify(only?.toSorted() ?? null))
  return `${notice.messageId}:${people.digest('base64url').slice(0, 16)}`
}

/** What an operator sees of a dead letter. */
const describe = ({ notice, only }: TaskDoc) => ({
  room: notice.roomId,
  message: notice.messageId,
  author: notice.authorId,
  for: only ?? 'everybody who wants it',
  says: notice.body,
})

/**
 * Pushes that are sent later, and those that failed too often.
 * @param triesMs the pauses between tries
 */
export async function openTasks(connection: Connection, metrics: Metrics, triesMs: number[]) {
  const model = connection.model<TaskDoc>('Task', taskSchema, 'tasks')
  await model.createIndexes()
  const backoff = (tries: number) => triesMs[tries - 1] ?? null
  const jobs = new JobStore<TaskDoc>({ kind: 'push', model, metrics, leaseMs: LEASE_MS, backoff, describe })
  await moveDeadLetters(connection, jobs)
  return {
    jobs,

    /** The same task for the same people is stored once. */
    async add(tasks: Task[], dueAt: Date) {
      if (tasks.length === 0) return
      await insertMissing(
        model,
        tasks.map((task) => ({ _id: taskId(task), ...task, ...newJob(dueAt) })),
      )
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

    async deleteRoom(roomId: string) {
      await model.deleteMany(messagesOf(roomId))
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
