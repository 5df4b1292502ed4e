import type { Connection } from '@chat/service'
import mongoose from 'mongoose'
import type { ErasedNames } from './privacy/erased-names.ts'

/** A POST with an Idempotency-Key, and how it ended. */
export type AttemptDoc = {
  _id: string
  /** Tells the request from another one with the same key. */
  digest: string
  /** Tells whom it was about, where its path names somebody. */
  about: string | null
  /** Who carries it out, and until when they are not taken for dead. */
  by: string
  until: Date
  /** Null while it is being carried out. */
  answer: { status: number; body: string } | null
  createdAt: Date
}
/** Somebody who is being erased; gone when they are. */
export type ErasureDoc = {
  _id: string
  /** What they were called when it began, and who else was called alike; absent where nobody knew them. */
  names?: ErasedNames | null
  /** Which step, and where in it. */
  step: number
  cursor: string | null
  by: string
  until: Date
  createdAt: Date
}

const KEPT_SECONDS = 24 * 60 * 60

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const attemptSchema = new Schema<AttemptDoc>(
  {
    _id: String,
    digest: required(String),
    about: { type: String, default: null },
    by: required(String),
    until: required(Date),
    answer: { type: Schema.Types.Mixed, default: null },
    createdAt: required(Date),
  },
  { versionKey: false },
)
attemptSchema.index({ createdAt: 1 }, { expireAfterSeconds: KEPT_SECONDS })
const erasureSchema = new Schema<ErasureDoc>(
  {
    _id: String,
    names: { type: Schema.Types.Mixed, default: null },
    step: required(Number),
    cursor: { type: String, default: null },
    by: { type: String, default: '' },
    until: required(Date),
    createdAt: required(Date),
  },
  { versionKey: false },
)
erasureSchema.index({ until: 1 })

/** What belongs to platforms alone. */
export async function openStore(connection: Connection) {
  const attempts = connection.model<AttemptDoc>('Attempt', attemptSchema, 'attempts')
  const erasures = connection.model<ErasureDoc>('Erasure', erasureSchema, 'erasures')
  for (const model of [attempts, erasures]) await model.createIndexes()
  return { attempts, erasures }
}
export type Store = Awaited<ReturnType<typeof openStore>>
