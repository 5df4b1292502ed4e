import { Fault } from '@chat/contract'

/** contract.md: a page or list ends early here. */
export const PAGE_BYTES = 512 * 1024

export const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

/** Where a page ended, as clients get it. */
export const encodeCursor = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url')

/** Milliseconds of a moment that a Date can hold. */
export const isTime = (value: unknown): value is number =>
  Number.isInteger(value) && !Number.isNaN(new Date(value as number).getTime())

/** @throws INVALID_REQUEST where it does not name such a place: clients may send anything */
export function decodeCursor<T>(cursor: string, isPlace: (place: unknown) => place is T): T {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (isPlace(place) && encodeCursor(place) === cursor) return place
  } catch {
    // Told below, like a cursor of the wrong shape.
  }
  throw new Fault('INVALID_REQUEST', { message: 'The cursor is not one of ours' })
}
