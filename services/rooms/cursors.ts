import { Fault } from '@chat/contract'

/** Where a page ended, as clients get it. */
export const encodeKey = (key: string) => Buffer.from(JSON.stringify(key)).toString('base64url')

/** @throws INVALID_REQUEST for anything that `encodeKey` did not make */
export function decodeKey(cursor: string): string {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (typeof key === 'string' && key.isWellFormed()) return key
  } catch {
    // Told below, like a cursor of the wrong shape.
  }
  throw new Fault('INVALID_REQUEST', { message: 'The cursor is not one of ours' })
}
