import { type Connection, type Index, type Job, jobIndexes, modelOf } from '@chat/service'
import type { ErasedNames } from './privacy/erased-names.ts'

/** A POST with an Idempotency-Key. The job is to answer it. */
export type AttemptDoc = Job & {
  /** Differs for another request with the same key. */
  digest: string
  /** A digest of the user id in the path. */
  about: string | null
  /** Null while the request is carried out. */
  answer: { status: number; body: string } | null
  createdAt: Date
}
/** An erasure that has not ended. The job is deleted with the last trace of the user. */
export type ErasureDoc = Job & {
  /** The user's name when the erasure began; null where the directory did not know them. */
  names?: ErasedNames | null
  /** The current step, and the cursor within it. */
  step: number
  cursor: string | null
  createdAt: Date
}

const keptADay: Index = [{ createdAt: 1 }, { expireAfterSeconds: 24 * 60 * 60 }]

export async function openStore(connection: Connection) {
  const attempts = modelOf<AttemptDoc>(connection, 'attempts', ...jobIndexes, keptADay)
  const erasures = modelOf<ErasureDoc>(connection, 'erasures', ...jobIndexes)
  await attempts.createIndexes()
  await erasures.createIndexes()
  // Erasures by versions before the job library.
  await erasures.updateMany({ dueAt: null }, { $set: { dueAt: new Date(), tries: 0 } })
  return { attempts, erasures }
}
export type Store = Awaited<ReturnType<typeof openStore>>
