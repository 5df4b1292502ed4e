import { createHash } from 'node:crypto'
import { decodeCursor, encodeCursor, isTime } from '@chat/service'

/** A place among messages, newest first: below it is what is older, or as old with a lower id. */
export type Position = { createdAt: Date; _id: string }

/** Below it is all that is older than `time`, in milliseconds. */
export const olderThan = (time: number): Position => ({ createdAt: new Date(time), _id: '' })

/** Belongs to the question that it answers: it does not fit another one, nor what somebody made up. */
const sealOf = (key: [number, string], question: unknown) =>
  createHash('sha256')
    .update(JSON.stringify([key, question]))
    .digest('base64url')
    .slice(0, 12)

/** Where a page ended, as clients get it. It names a place and no more: what is there is checked like everything else. */
export function encodePosition({ createdAt, _id }: Position, question: unknown): string {
  const key: [number, string] = [createdAt.getTime(), _id]
  return encodeCursor([...key, sealOf(key, question)] satisfies Sealed)
}

type Sealed = [time: number, messageId: string, seal: string]

/** @throws INVALID_REQUEST for what `encodePosition` did not make of the same question */
export function decodePosition(cursor: string, question: unknown): Position {
  const isSealed = (place: unknown): place is Sealed => {
    if (!Array.isArray(place)) return false
    const [time, _id, seal] = place
    return isTime(time) && typeof _id === 'string' && seal === sealOf([time, _id], question)
  }
  const [time, _id] = decodeCursor(cursor, isSealed)
  return { createdAt: new Date(time), _id }
}
