import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import mongoose, { type Connection } from 'mongoose'
import { exponential, LeaseLost } from './job.ts'
import { JobStore } from './job-store.ts'
import { eachJob, JobWorker, type WorkerParts } from './job-worker.ts'
import { LeaderLease } from './leader-lease.ts'
import { hold } from './lease.ts'
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

test('a due job is claimed once by concurrent claims', async () => {
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

test('heartbeats keep the lease during long work and store its progress', async () => {
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

test('an owner is notified when its lease is lost, and its later writes change nothing', async () => {
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

test('a job ended during its run does not count as lost; a released one does not count as finished', async () => {
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

test('a job of an earlier version without a number of tries is retried like a new one', async () => {
  await add(newSteps('old'))
  await steps.model.collection.updateOne({ _id: 'old' as never }, { $unset: { tries: 1 } })
  const [old] = (await jobs.claimDue(1)) as [StepsDoc]
  expect(await jobs.retry(old, new Error('bad'))).toBe('retried')
  expect(await stored('old')).toMatchObject({ tries: 1 })
})

test('a lease is lost if no heartbeat can be stored for its duration', async () => {
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

test('a failing job is retried with increasing pauses and finally becomes a dead letter', async () => {
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
})

test('a replayed dead letter gets all its tries again; a dropped one is deleted', async () => {
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

test('a dead letter is cleaned up and deleted after its retention time', async () => {
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

test('a rescheduled job stays and is due again at its time', async () => {
  await add(newSteps('job', { tries: 2 }))
  const dueAt = new Date(Date.now() + 60_000)
  start({ run: eachJob<StepsDoc>(async () => ({ dueAt, done: 3 })) })
  await eventually(async () =>
    expect(await stored('job')).toEqual({ ...newSteps('job'), done: 3, tries: 0, dueAt }),
  )
})

test('a stopping worker releases its jobs, which are due at once and do not count as failed', async () => {
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

test('each job of a batch has its own outcome', async () => {
  await add(newSteps('bad', { isBad: true }), newSteps('good'))
  start({
    batchSize: 10,
    run: async (docs) =>
      new Map(docs.filter(({ isBad }) => isBad).map((doc) => [doc, { error: new Error('bad') }])),
  })
  await eventually(async () => expect(await jobs.deadLetters.count()).toBe(1))
  expect(await stored('good')).toBeNull()
})

test('a job driven by a request is claimed by id, once, and again after its owner has died', async () => {
  const content = { _id: 'request', done: 0, isBad: false }
  const first = await jobs.insertClaimed(content)
  expect(first).toMatchObject(content)
  expect(await jobs.insertClaimed(content)).toBeNull()
  expect(await jobs.claim('request')).toBeNull()
  await eventually(async () => expect(await jobs.claim('request')).toMatchObject(content))
  await expect(jobs.update(first as StepsDoc, { done: 1 })).rejects.toThrow(LeaseLost)
})

test('additional claim conditions apply to every claim', async () => {
  const { parts } = steps
  const picky = new JobStore<StepsDoc>({ ...parts, claimable: () => ({ isBad: false }) })
  await add(newSteps('bad', { isBad: true }), newSteps('good'))
  expect(await picky.claim('bad')).toBeNull()
  expect(ids(await picky.claimDue(10))).toEqual(['good'])
})

test('jobs are counted by state', async () => {
  await add(newSteps('a'), newSteps('b'), newSteps('c', { done: 3 }))
  await jobs.claim('a')
  await jobs.deadLetters.insert({ _id: 'd', done: 0, isBad: true }, { tries: 1, lastError: 'bad' })
  expect(await jobs.deadLetters.countJobs()).toEqual({ waiting: 2, running: 1, dead: 1 })
  const { deadLetters } = new JobStore<StepsDoc>({ ...steps.parts, unfinished: { done: { $lt: 3 } } })
  expect(await deadLetters.countJobs()).toEqual({ waiting: 1, running: 1, dead: 1 })
})

test('one instance leads at a time, and another takes over at once when it stops', async () => {
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

test('a leader whose lease was taken over closes its work', async () => {
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

test('work that outlives its lease ends before the same instance begins anew', async () => {
  let begun = 0
  const [asked, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const leader = new LeaderLease({
    ...{ connection, metrics: steps.metrics, name: 'something', leaseMs: LEASE_MS },
    open: async () => {
      begun++
      return {
        close: () => {
          asked.resolve()
          return ended.promise
        },
      }
    },
    failed: () => {},
  })
  await leader.check()
  // No renewal comes through for longer than the lease.
  for (const until = Date.now() + 1.5 * LEASE_MS; Date.now() < until; );
  await asked.promise
  await leader.check()
  expect(begun).toBe(1)
  ended.resolve()
  await eventually(async () => expect(begun).toBe(2))
  await leader.close()
})
