import { createHash } from 'node:crypto'
import { Fault } from '@chat/contract'

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
  return Buffer.from(JSON.stringify([...key, sealOf(key, question)])).toString('base64url')
}

/** @throws INVALID_REQUEST for what `encodePosition` did not make of the same question */
export function decodePosition(cursor: string, question: unknown): Position {
  try {
    const [time, _id, seal] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [
      number,
      string,
      string,
    ]
    const position = { createdAt: new Date(time), _id }
    if (seal === sealOf([time, _id], question) && encodePosition(position, question) === cursor)
      return position
  } catch {
    // Told below, like a cursor of the wrong shape.
  }
  throw new Fault('INVALID_REQUEST', { message: 'The cursor is not one of ours' })
}
