import type { Model, mongo } from 'mongoose'

type Writes = mongo.AnyBulkWriteOperation[]
type WriteError = { code?: number; index: number }

const UNORDERED = { ordered: false } as const
const DUPLICATE = 11000

// Both go past mongoose's casting: the fields are our own.

/** Stores those that are not there yet; the others stay as they are. */
export const insertMissing = <T>({ collection }: Model<T>, docs: object[]) =>
  takenOf(() => collection.insertMany(docs as never[], UNORDERED))

/** @returns the places of those whose key was taken */
export const writeEach = <T>({ collection }: Model<T>, writes: Writes) =>
  takenOf(() => collection.bulkWrite(writes as never[], UNORDERED))

async function takenOf(write: () => Promise<unknown>): Promise<number[]> {
  try {
    await write()
    return []
  } catch (error) {
    const { writeErrors = [] } = error as { writeErrors?: WriteError | WriteError[] }
    const failures = [writeErrors].flat()
    if (failures.length === 0 || failures.some(({ code }) => code !== DUPLICATE)) throw error
    return failures.map(({ index }) => index)
  }
}
