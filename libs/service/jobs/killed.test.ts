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

/** A worker's process that has come to a point, and stays there. */
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
  'a worker killed at the point "%s" leaves a job that the next one finishes, no step of it twice',
  async (point) => {
    await steps.model.collection.insertOne(newSteps('job') as never)
    await killAtOnce(await stoppedAt(point))
    worker = openWorker(connection, steps.jobs)
    worker.wake()
    await eventually(async () => expect(await stored('job')).toBeNull())
    expect(await effects()).toEqual(all)
  },
)

test('a step that was taken and not noted is taken again by the next worker', async () => {
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

test('a worker killed before it notes a failure leaves the job due, and the failure does not count', async () => {
  await steps.model.collection.insertOne(newSteps('job', { isBad: true }) as never)
  await killAtOnce(await stoppedAt('before retry'))
  expect(await stored('job')).toMatchObject({ tries: 0, done: STEPS })
  await steps.model.updateOne({ _id: 'job' }, { $set: { isBad: false } })
  worker = openWorker(connection, steps.jobs)
  worker.wake()
  await eventually(async () => expect(await stored('job')).toBeNull())
  expect(await effects()).toEqual(all)
})

test('a worker killed before it writes a dead letter leaves a job of which the next one makes it', async () => {
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
  'a worker that stood still at the point "%s" of a job %j and goes on changes nothing of its successor',
  async (point, fields, wrote) => {
    await steps.model.collection.insertOne(newSteps('job', fields) as never)
    const stopped = await stoppedAt(point)
    stopped.kill('SIGSTOP')
    const mine = await claimed()
    // Without heartbeats: nothing but the stopped worker may write.
    const before = await stored('job')
    stopped.kill('SIGCONT')
    const told = once(stopped, 'message')
    stopped.send('go on')
    expect(await told).toMatchObject([{ wrote }])
    expect(await stored('job')).toEqual(before)
    expect(await steps.jobs.finish([mine])).toBe(1)
  },
)

/** The job, once the lease of the worker that holds it has run out. */
async function claimed(): Promise<StepsDoc> {
  for (;;) {
    const [job] = await steps.jobs.claimDue(1)
    if (job) return job
    await delay(LEASE_MS / 10)
  }
}
