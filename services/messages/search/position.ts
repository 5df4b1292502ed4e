import { createHash } from 'node:crypto'
import { decodeCursor, encodeCursor, isTime } from '@chat/service'

/** A place in the list of messages, newest first. Below it is what is older, or as old with a lower id. */
export type Position = { createdAt: Date; _id: string }

/** The position below which everything is older than `time`, in milliseconds. */
export const olderThan = (time: number): Position => ({ createdAt: new Date(time), _id: '' })

/** A checksum over position and question: a cursor fits no other question, and an altered one fits none. */
const sealOf = (key: [number, string], question: unknown) =>
  createHash('sha256')
    .update(JSON.stringify([key, question]))
    .digest('base64url')
    .slice(0, 12)

/** The cursor of a page's end. It grants nothing: what is found there is checked as everywhere else. */
export function encodePosition({ createdAt, _id }: Position, question: unknown): string {
  const key: [number, string] = [createdAt.getTime(), _id]
  return encodeCursor([...key, sealOf(key, question)] satisfies Sealed)
}

type Sealed = [time: number, messageId: string, seal: string]

/** @throws INVALID_REQUEST for a cursor that `encodePosition` did not make of the same question */
export function decodePosition(cursor: string, question: unknown): Position {
  const isSealed = (place: unknown): place is Sealed => {
    if (!Array.isArray(place)) return false
    const [time, _id, seal] = place
    return isTime(time) && typeof _id === 'string' && seal === sealOf([time, _id], question)
  }
  const [time, _id] = decodeCursor(cursor, isSealed)
  return { createdAt: new Date(time), _id }
}
