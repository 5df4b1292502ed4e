import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { eventually, killAtOnce } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import mongoose, { type Connection } from 'mongoose'
import type { JobWorker } from './job-worker.ts'
import type { Place } from './testing/job-process.ts'
import {
  LEASE_MS,
  MAX_TRIES,
  newSteps,
  openSteps,
  openWorker,
  type Point,
  STEPS,
  type StepsDoc,
} from './testing/steps-job.ts'

const PROGRAM = fileURLToPath(new URL('./testing/job-process.ts', import.meta.url))
const mongoUrl = process.env.CHAT_TEST_MONGO_URL as string

let database: string
let connection: Connection
let steps: Awaited<ReturnType<typeof openSteps>>
let worker: JobWorker<StepsDoc> | undefined
let child: ChildProcess | undefined

beforeEach(async () => {
  database = `jobs_${crypto.randomUUID().slice(0, 8)}`
  connection = await mongoose.createConnection(mongoUrl, { dbName: database }).asPromise()
  steps = await openSteps(connection)
})
afterEach(async () => {
  if (child) await killAtOnce(child)
  await worker?.close()
  worker = undefined
  await connection.dropDatabase()
  await connection.close()
})

/** A worker's process that waits at a point. */
async function stoppedAt(stopAt: Point): Promise<ChildProcess> {
  const place: Place = { mongoUrl, database, stopAt }
  child = fork(PROGRAM, [JSON.stringify(place)], { execArgv: ['--disable-warning=ExperimentalWarning'] })
  const stopped = Promise.withResolvers<void>()
  child.on('message', (told) => told === stopAt && stopped.resolve())
  await stopped.promise
  return child
}

const stored = (id: string) => steps.model.findById(id).lean<StepsDoc>()
const effects = async () =>
  (await connection.collection<{ _id: string }>('effects').find().toArray()).map(({ _id }) => _id).sort()
const all = Array.from({ length: STEPS }, (_, step) => `job ${step}`)

test.each<Point>(['claimed', 'between notes', 'before finish'])(
  'the next worker finishes the job of one killed at "%s" without repeating a step',
  async (point) => {
    await steps.model.collection.insertOne(newSteps('job') as never)
    await killAtOnce(await stoppedAt(point))
    worker = openWorker(connection, steps.jobs)
    worker.wake()
    await eventually(async () => expect(await stored('job')).toBeNull())
    expect(await effects()).toEqual(all)
  },
)

test('the next worker repeats a step whose progress was not stored', async () => {
  await steps.model.collection.insertOne(newSteps('job') as never)
  await killAtOnce(await stoppedAt('working'))
  expect(await effects()).toEqual(['job 0'])
  expect(await stored('job')).toMatchObject({ done: 0, tries: 0 })
  await connection.collection('effects').deleteMany({})
  worker = openWorker(connection, steps.jobs)
  worker.wake()
  await eventually(async () => expect(await stored('job')).toBeNull())
  expect(await effects()).toEqual(all)
})

test('a failure that a killed worker did not store does not count, and the job is due', async () => {
  await steps.model.collection.insertOne(newSteps('job', { isBad: true }) as never)
  await killAtOnce(await stoppedAt('before retry'))
  expect(await stored('job')).toMatchObject({ tries: 0, done: STEPS })
  await steps.model.updateOne({ _id: 'job' }, { $set: { isBad: false } })
  worker = openWorker(connection, steps.jobs)
  worker.wake()
  await eventually(async () => expect(await stored('job')).toBeNull())
  expect(await effects()).toEqual(all)
})

test('the next worker writes the dead letter that a killed worker did not write', async () => {
  await steps.model.collection.insertOne(newSteps('job', { isBad: true, tries: MAX_TRIES - 1 }) as never)
  await killAtOnce(await stoppedAt('before retry'))
  expect(await steps.jobs.deadLetters.count()).toBe(0)
  worker = openWorker(connection, steps.jobs)
  worker.wake()
  await eventually(async () => expect(await steps.jobs.deadLetters.count()).toBe(1))
  expect(await stored('job')).toMatchObject({ tries: MAX_TRIES, lastError: 'bad', claim: null })
  expect(await effects()).toEqual(all)
})

const lateWrites: [Point, Partial<StepsDoc>, wrote: unknown][] = [
  ['between notes', {}, 'LeaseLost'],
  ['before finish', {}, 0],
  ['before retry', { isBad: true }, 'LeaseLost'],
  ['before retry', { isBad: true, tries: MAX_TRIES - 1 }, 'LeaseLost'],
]
test.each(lateWrites)(
  'a worker that was paused at "%s" of a job %j and resumes does not affect its successor',
  async (point, fields, wrote) => {
    await steps.model.collection.insertOne(newSteps('job', fields) as never)
    const stopped = await stoppedAt(point)
    stopped.kill('SIGSTOP')
    const mine = await claimed()
    // No heartbeats here: only the paused worker may write.
    const before = await stored('job')
    stopped.kill('SIGCONT')
    const told = once(stopped, 'message')
    stopped.send('go on')
    expect(await told).toMatchObject([{ wrote }])
    expect(await stored('job')).toEqual(before)
    expect(await steps.jobs.finish([mine])).toBe(1)
  },
)

/** The job, claimed after its owner's lease has expired. */
async function claimed(): Promise<StepsDoc> {
  for (;;) {
    const [job] = await steps.jobs.claimDue(1)
    if (job) return job
    await delay(LEASE_MS / 10)
  }
}
