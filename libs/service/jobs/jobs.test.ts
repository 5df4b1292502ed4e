import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import mongoose, { type Connection } from 'mongoose'
import { exponential, LeaseLost } from './job.ts'
import { JobStore } from './job-store.ts'
import { JobWorker, type WorkerParts } from './job-worker.ts'
import { LeaderLease } from './leader-lease.ts'
import { hold } from './lease.ts'
import { eachJob } from './outcome.ts'
import { LEASE_MS, logger, MAX_TRIES, newSteps, openSteps, type StepsDoc } from './testing/steps-job.ts'

let connection: Connection
let steps: Awaited<ReturnType<typeof openSteps>>
let jobs: JobStore<StepsDoc>
const workers: JobWorker<StepsDoc>[] = []

beforeEach(async () => {
  const dbName = `jobs_${crypto.randomUUID().slice(0, 8)}`
  const url = process.env.CHAT_TEST_MONGO_URL as string
  connection = await mongoose.createConnection(url, { dbName }).asPromise()
  steps = await openSteps(connection)
  jobs = steps.jobs
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()))
  await connection.dropDatabase()
  await connection.close()
})

function start(parts: Pick<WorkerParts<StepsDoc>, 'run'> & Partial<WorkerParts<StepsDoc>>) {
  const worker = new JobWorker<StepsDoc>({ jobs, logger, pollMs: 50, ...parts })
  workers.push(worker)
  worker.wake()
  return worker
}
const add = (...docs: StepsDoc[]) => steps.model.collection.insertMany(docs as never[])
const stored = (id: string) => steps.model.findById(id).lean<StepsDoc>()
const outcomes = async () => {
  const { values } = await steps.metrics.jobs.get()
  return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]))
}
const ids = (docs: StepsDoc[]) => docs.map(({ _id }) => _id).sort()

test('a job is claimed by one of those who race for it, and only when it is due', async () => {
  await add(newSteps('a'), newSteps('b'), newSteps('later', { dueAt: new Date(Date.now() + 60_000) }))
  const claims = await Promise.all(Array.from({ length: 8 }, () => jobs.claimDue(1)))
  expect(ids(claims.flat())).toEqual(['a', 'b'])
  expect(await jobs.claimDue(10)).toEqual([])
})

test('due jobs are claimed in the order in which they are due, up to the limit', async () => {
  const dueSince = (ms: number) => ({ dueAt: new Date(Date.now() - ms) })
  await add(
    newSteps('young', dueSince(1_000)),
    newSteps('old', dueSince(3_000)),
    newSteps('mid', dueSince(2_000)),
  )
  expect(ids(await jobs.claimDue(2))).toEqual(['mid', 'old'])
})

test('two workers do every job once', async () => {
  await add(...Array.from({ length: 40 }, (_, n) => newSteps(`job ${n}`)))
  const done: string[] = []
  const run = eachJob(async ({ _id }: StepsDoc) => {
    done.push(_id)
    await delay(2)
    return undefined
  })
  const other = await openSteps(connection)
  start({ run, concurrency: 2 })
  start({ run, jobs: other.jobs, batchSize: 5 })
  await eventually(async () => expect(await steps.model.countDocuments()).toBe(0))
  expect(done).toHaveLength(40)
  expect(new Set(done).size).toBe(40)
})

test('a heartbeat keeps the lease of work that takes longer than it, and notes progress', async () => {
  await add(newSteps('job'))
  const [job] = (await jobs.claimDue(1)) as [StepsDoc]
  await hold(jobs, [job], { logger }, async (lease) => {
    lease.note({ done: 2 })
    await delay(LEASE_MS * 1.5)
    expect(await jobs.claimDue(1)).toEqual([])
    expect(await jobs.claim('job')).toBeNull()
    expect(lease.isLost).toBe(false)
  })
  expect(await stored('job')).toMatchObject({ done: 2, claim: job.claim })
})

test('an owner whose lease is lost is told, and none of its writes changes anything', async () => {
  await add(newSteps('job'))
  const [job] = (await jobs.claimDue(1)) as [StepsDoc]
  await hold(jobs, [job], { logger }, async ({ signal }) => {
    await steps.model.updateOne(
      { _id: 'job' },
      { $set: { claim: 'another', dueAt: new Date(Date.now() + 60_000) } },
    )
    await eventually(async () => expect(signal.aborted).toBe(true))
    expect(signal.reason).toBeInstanceOf(LeaseLost)
  })
  const before = await stored('job')
  await expect(jobs.update(job, { done: 9 })).rejects.toThrow(LeaseLost)
  await expect(jobs.release(job)).rejects.toThrow(LeaseLost)
  await expect(jobs.reschedule(job, { dueAt: new Date() })).rejects.toThrow(LeaseLost)
  await expect(jobs.retry(job, new Error('late'))).rejects.toThrow(LeaseLost)
  expect(await jobs.renew([job], { done: 9 })).toBe(0)
  expect(await jobs.finish([job])).toBe(0)
  expect(await stored('job')).toEqual(before)
})

test('a job that is ended while it runs does not count as lost; one that is given up does not count as finished', async () => {
  await add(newSteps('ended'), newSteps('removed'), newSteps('taken'), newSteps('given up'), newSteps('done'))
  const docs = (await jobs.claimDue(10)).toSorted((one, other) => one._id.localeCompare(other._id))
  const [done, ended, givenUp, removed, taken] = docs as [StepsDoc, StepsDoc, StepsDoc, StepsDoc, StepsDoc]
  await steps.model.updateOne({ _id: 'ended' }, { $set: { claim: null } })
  await steps.model.deleteOne({ _id: 'removed' })
  await steps.model.updateOne({ _id: 'taken' }, { $set: { claim: 'another' } })
  await expect(jobs.update(ended, { done: 1 })).rejects.toThrow(LeaseLost)
  await expect(jobs.update(taken, { done: 1 })).rejects.toThrow(LeaseLost)
  expect(await jobs.finish([done, removed, taken])).toBe(1)
  expect(await jobs.finish([givenUp], 'released')).toBe(1)
  expect(await outcomes()).toEqual({ ended: 2, lost: 2, finished: 1, released: 1 })
})

test('a job of an earlier version, which has no number of tries, is retried like a new one', async () => {
  await add(newSteps('old'))
  await steps.model.collection.updateOne({ _id: 'old' as never }, { $unset: { tries: 1 } })
  const [old] = (await jobs.claimDue(1)) as [StepsDoc]
  expect(await jobs.retry(old, new Error('bad'))).toBe('retried')
  expect(await stored('old')).toMatchObject({ tries: 1 })
})

test('a lease is lost when no heartbeat can be stored for its length', async () => {
  await add(newSteps('job'))
  class Unreachable extends JobStore<StepsDoc> {
    override renew = () => new Promise<number>(() => {})
  }
  const cut = new Unreachable(steps.parts)
  const [job] = (await cut.claimDue(1)) as [StepsDoc]
  const began = Date.now()
  await hold(cut, [job], { logger }, async ({ signal }) => {
    await eventually(async () => expect(signal.aborted).toBe(true))
  })
  expect(Date.now() - began).toBeGreaterThanOrEqual(LEASE_MS)
})

test('a job that fails is done again, each time after a longer pause, and is a dead letter in the end', async () => {
  const backoff = exponential({ firstMs: 100, maxMs: 300, maxTries: 5 })
  expect([1, 2, 3, 4, 5].map(backoff)).toEqual([100, 200, 300, 300, null])
  await add(newSteps('job'))
  const tried: number[] = []
  start({
    run: eachJob(async ({ tries }) => {
      tried.push(tries)
      throw new Error(`failure ${tries}`)
    }),
  })
  await eventually(async () => expect(await jobs.deadLetters.count()).toBe(1))
  expect(tried).toEqual([0, 1, 2])
  expect(await stored('job')).toMatchObject({ tries: MAX_TRIES, lastError: 'failure 2', claim: null })
  expect(await outcomes()).toEqual({ retried: 2, dead: 1 })
  expect(await steps.metrics.registry.metrics()).toMatch('chat_dead_letters{kind="steps"} 1')
})

test('a dead letter that is replayed is done with all its tries; one that is dropped is gone', async () => {
  await add(newSteps('a'), newSteps('b'), newSteps('alive', { dueAt: new Date(Date.now() + 60_000) }))
  for (const job of await jobs.claimDue(2))
    await jobs.retry({ ...job, tries: MAX_TRIES - 1 }, new Error('bad'))
  const { deadLetters } = jobs
  expect(ids(await deadLetters.list('', 10))).toEqual(['a', 'b'])
  expect(ids(await deadLetters.list('a', 10))).toEqual(['b'])
  expect(await jobs.claim('a')).toBeNull()
  expect(await deadLetters.replay(['a', 'alive', 'none'])).toBe(1)
  expect(await deadLetters.drop(['b', 'alive'])).toBe(1)
  expect(await stored('a')).toEqual({ ...newSteps('a'), dueAt: expect.any(Date) })
  start({ run: async () => new Map() })
  await eventually(async () => expect(await steps.model.countDocuments()).toBe(1))
  expect(await stored('alive')).toMatchObject({ claim: null })
})

test('a dead letter that has been kept long enough is cleared away and deleted', async () => {
  steps = await openSteps(connection, { keepDeadMs: 200 })
  jobs = steps.jobs
  await jobs.deadLetters.insert({ done: 1, isBad: true, _id: 'job' }, { tries: 1, lastError: 'bad' })
  const ran: string[] = []
  const expired: string[] = []
  start({
    run: eachJob(async ({ _id }) => {
      ran.push(_id)
      return undefined
    }),
    expire: async ({ _id }) => {
      expired.push(_id)
    },
  })
  await eventually(async () => expect(await stored('job')).toBeNull())
  expect({ ran, expired }).toEqual({ ran: [], expired: ['job'] })
})

test('a job that is done and rescheduled stays, and is due again at its time', async () => {
  await add(newSteps('job', { tries: 2 }))
  const dueAt = new Date(Date.now() + 60_000)
  start({ run: eachJob<StepsDoc>(async () => ({ dueAt, done: 3 })) })
  await eventually(async () =>
    expect(await stored('job')).toEqual({ ...newSteps('job'), done: 3, tries: 0, dueAt }),
  )
})

test('a worker that stops lets go of what it does: it is due for others at once and has not failed', async () => {
  await add(newSteps('job'))
  const begun = Promise.withResolvers<void>()
  const worker = start({
    run: eachJob(async (_, { signal }) => {
      begun.resolve()
      await delay(60_000, undefined, { signal })
      return undefined
    }),
  })
  await begun.promise
  await worker.close()
  expect(await stored('job')).toMatchObject({ claim: null, tries: 0 })
  expect(ids(await jobs.claimDue(1))).toEqual(['job'])
})

test('in a batch each job has an outcome of its own', async () => {
  await add(newSteps('bad', { isBad: true }), newSteps('good'))
  start({
    batchSize: 10,
    run: async (docs) =>
      new Map(docs.filter(({ isBad }) => isBad).map((doc) => [doc, { error: new Error('bad') }])),
  })
  await eventually(async () => expect(await jobs.deadLetters.count()).toBe(1))
  expect(await stored('good')).toBeNull()
})

test('jobs that requests drive are claimed by id: by one request, and again when it has died', async () => {
  const content = { _id: 'request', done: 0, isBad: false }
  const first = await jobs.insertClaimed(content)
  expect(first).toMatchObject(content)
  expect(await jobs.insertClaimed(content)).toBeNull()
  expect(await jobs.claim('request')).toBeNull()
  await eventually(async () => expect(await jobs.claim('request')).toMatchObject(content))
  await expect(jobs.update(first as StepsDoc, { done: 1 })).rejects.toThrow(LeaseLost)
})

test('what else must hold of a job that is claimed is asked of every claim', async () => {
  const { parts } = steps
  const picky = new JobStore<StepsDoc>({ ...parts, claimable: () => ({ isBad: false }) })
  await add(newSteps('bad', { isBad: true }), newSteps('good'))
  expect(await picky.claim('bad')).toBeNull()
  expect(ids(await picky.claimDue(10))).toEqual(['good'])
})

test('jobs are counted by what they do', async () => {
  await add(newSteps('a'), newSteps('b'), newSteps('c', { done: 3 }))
  await jobs.claim('a')
  await jobs.deadLetters.insert({ _id: 'd', done: 0, isBad: true }, { tries: 1, lastError: 'bad' })
  expect(await jobs.deadLetters.countJobs()).toEqual({ waiting: 2, running: 1, dead: 1 })
  const { deadLetters } = new JobStore<StepsDoc>({ ...steps.parts, unfinished: { done: { $lt: 3 } } })
  expect(await deadLetters.countJobs()).toEqual({ waiting: 1, running: 1, dead: 1 })
})

test('one of all instances leads; when it stops another one does at once', async () => {
  const events: string[] = []
  const open = (name: string) =>
    new LeaderLease({
      connection,
      metrics: steps.metrics,
      name: 'something',
      leaseMs: LEASE_MS,
      open: async () => {
        events.push(`${name} leads`)
        return {
          close: async () => {
            events.push(`${name} ends`)
          },
        }
      },
      failed: (error) => events.push(String(error)),
    })
  const [one, two] = [open('one'), open('two')]
  await one.check()
  await two.check()
  await delay(LEASE_MS * 1.5)
  expect(events).toEqual(['one leads'])
  await one.close()
  await two.check()
  expect(events).toEqual(['one leads', 'one ends', 'two leads'])
  await two.close()
})

test('a leader whose lease was taken over ends what it did', async () => {
  const events: string[] = []
  const leader = new LeaderLease({
    ...{ connection, metrics: steps.metrics, name: 'something', leaseMs: LEASE_MS },
    open: async () => ({
      close: async () => {
        events.push('ended')
      },
    }),
    failed: (error) => events.push(String(error)),
  })
  await leader.check()
  const leases = connection.collection<{ _id: string }>('leases')
  await leases.updateOne(
    { _id: 'something' },
    { $set: { claim: 'another', dueAt: new Date(Date.now() + 60_000) } },
  )
  await eventually(async () => expect(events).toEqual(['ended']))
  await leader.close()
  expect(await leases.findOne({ _id: 'something' })).toMatchObject({ claim: 'another' })
})
