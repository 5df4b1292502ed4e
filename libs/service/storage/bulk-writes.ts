import type { Model, mongo } from 'mongoose'

type Writes = mongo.AnyBulkWriteOperation[]
type WriteError = { code?: number | undefined; index: number }
/** A write of one document fails with its code, a bulk with those of its writes. */
type Failure = {
  code?: number
  writeErrors?: WriteError | WriteError[]
  result?: { getWriteConcernError?: () => unknown }
}

const UNORDERED = { ordered: false } as const
const DUPLICATE = 11000

// These skip mongoose's casting: the fields are our own.

/** Inserts the documents whose keys are free. @returns the indexes of the others */
export const insertMissing = <T>({ collection }: Model<T>, docs: object[]) =>
  takenIndexes(() => collection.insertMany(docs as never[], UNORDERED))

/** Inserts documents up to the first whose key is taken. @returns its index, or nothing */
export const insertInOrder = <T>({ collection }: Model<T>, docs: object[]) =>
  takenIndexes(() =>
    // A bulk of one costs a quarter more.
    docs.length === 1
      ? collection.insertOne(docs[0] as never)
      : collection.insertMany(docs as never[], { ordered: true }),
  )

/** @returns the indexes of writes whose key was taken */
export const writeEach = <T>({ collection }: Model<T>, writes: Writes) =>
  takenIndexes(() => collection.bulkWrite(writes as never[], UNORDERED))

async function takenIndexes(write: () => Promise<unknown>): Promise<number[]> {
  try {
    await write()
    return []
  } catch (error) {
    const { code, writeErrors = { code, index: 0 }, result } = error as Failure
    const failures = [writeErrors].flat()
    // What a majority does not have is not stored, whatever else has happened.
    if (result?.getWriteConcernError?.()) throw error
    if (failures.length === 0 || failures.some(({ code }) => code !== DUPLICATE)) throw error
    return failures.map(({ index }) => index)
  }
}
