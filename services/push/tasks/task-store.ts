import { createHash } from 'node:crypto'
import { type Connection, insertMissing } from '@chat/service'
import mongoose from 'mongoose'
import { type Kept, messagesOf, type Notice, type Task } from '../delivery/notice.ts'

/** A task that waits for its time, here rather than in anybody's memory. */
export type TaskDoc = {
  _id: string
  notice: Notice
  only: string[] | null
  isSecond: boolean
  dueAt: Date
  /** Those that failed. */
  tries: number
  /** Whoever works at it; where they die it is due again. */
  claim: string | null
}

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const taskSchema = new Schema<TaskDoc>(
  {
    _id: String,
    notice: required(Schema.Types.Mixed),
    only: { type: [String], default: null },
    isSecond: required(Boolean),
    dueAt: required(Date),
    tries: required(Number),
    claim: { type: String, default: null },
  },
  { versionKey: false },
)
taskSchema.index({ dueAt: 1 })

const newTask = (_id: string, { notice, only, isSecond }: Task, dueAt: Date): TaskDoc => ({
  ...{ _id, notice, only, isSecond },
  ...{ dueAt, tries: 0, claim: null },
})

function taskId({ notice, only }: Task): string {
  const people = createHash('sha256').update(JSON.stringify(only?.toSorted() ?? null))
  return `${notice.messageId}:${people.digest('base64url').slice(0, 16)}`
}

/** What is to be done later. */
export async function openTasks(connection: Connection) {
  const model = connection.model<TaskDoc>('Task', taskSchema, 'tasks')
  await model.createIndexes()
  return {
    /** The same task for the same people, added again, is there once. */
    async add(tasks: Task[], dueAt: Date) {
      if (tasks.length > 0)
        await insertMissing(
          model,
          tasks.map((task) => newTask(taskId(task), task, dueAt)),
        )
    },

    /** One that goes by an id of its own. */
    async put(id: string, task: Task, dueAt: Date) {
      await insertMissing(model, [newTask(id, task, dueAt)])
    },

    /** Takes up to `limit` that are due; until `until` nobody else does. */
    async claim(limit: number, until: Date): Promise<TaskDoc[]> {
      const now = new Date()
      const due = await model
        .find({ dueAt: { $lte: now } }, { _id: 1 })
        .sort({ dueAt: 1 })
        .limit(limit)
        .lean()
      if (due.length === 0) return []
      const ids = due.map(({ _id }) => _id)
      const claim = crypto.randomUUID()
      await model.updateMany({ _id: { $in: ids }, dueAt: { $lte: now } }, { $set: { claim, dueAt: until } })
      const mine = await model.find({ _id: { $in: ids } }).lean()
      return mine.filter((task) => task.claim === claim)
    },

    /** They are still being worked at. */
    async hold(tasks: TaskDoc[], until: Date) {
      const ids = tasks.map(({ _id }) => _id)
      await model.updateMany({ _id: { $in: ids }, claim: tasks[0]?.claim ?? '' }, { $set: { dueAt: until } })
    },

    /** In the order of their ids. */
    page: (after: string, limit: number): Promise<TaskDoc[]> =>
      model
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .lean(),

    async rewrite({ _id, notice, only }: Kept) {
      await model.updateOne({ _id }, { $set: { notice, only } })
    },

    async deleteRoom(roomId: string) {
      await model.deleteMany(messagesOf(roomId))
    },

    async finish(ids: string[]) {
      if (ids.length > 0) await model.deleteMany({ _id: { $in: ids } })
    },

    /** It has failed once more. */
    async postpone(id: string, dueAt: Date) {
      await model.updateOne({ _id: id }, { $set: { dueAt, claim: null }, $inc: { tries: 1 } })
    },
  }
}
export type TaskStore = Awaited<ReturnType<typeof openTasks>>
