import { once } from 'node:events'
import mongoose from 'mongoose'
import { JobStore } from '../job-store.ts'
import { openSteps, openWorker, type Point, type StepsDoc } from './steps-job.ts'

// A worker in a separate process, for tests that kill it. At one point it reports that it has stopped, and waits for a
// message to continue.

export type Place = { mongoUrl: string; database: string; stopAt: Point }

const { mongoUrl, database, stopAt } = JSON.parse(process.argv[2] as string) as Place

async function reached(point: Point) {
  if (point !== stopAt) return
  process.send?.(point)
  await once(process, 'message')
}

class StoppingStore extends JobStore<StepsDoc> {
  override async finish(docs: StepsDoc[]) {
    await reached('before finish')
    return told(super.finish(docs))
  }
  override async retry(doc: StepsDoc, error: unknown) {
    await reached('before retry')
    return told(super.retry(doc, error))
  }
  override update(doc: StepsDoc, change: Partial<StepsDoc>) {
    return told(super.update(doc, change))
  }
}

/** Reports the result of a write. */
async function told<T>(writing: Promise<T>): Promise<T> {
  const outcome = await writing.catch((error: Error) => error)
  process.send?.({ wrote: outcome instanceof Error ? outcome.name : outcome })
  return writing
}

const connection = await mongoose.createConnection(mongoUrl, { dbName: database }).asPromise()
const { parts } = await openSteps(connection)
const worker = openWorker(connection, new StoppingStore(parts), reached)
process.on('disconnect', () => worker.close().finally(() => process.exit()))
worker.wake()
