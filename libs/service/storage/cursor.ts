import { Fault } from '@chat/contract'

/** Maximum size of a page or list; see docs/protocol.md. */
export const PAGE_BYTES = 512 * 1024

export const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

/** The position where a page ended, as an opaque string for clients. */
export const encodeCursor = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url')

export const encodeKey = (key: string) => encodeCursor(key)

/** The cursor after `shown`, where `found` has more; null at the end. */
export function cursorAfter<T>(
  shown: readonly T[],
  found: readonly unknown[],
  placeOf: (last: T) => unknown,
) {
  const last = shown.length < found.length ? shown.at(-1) : undefined
  return last === undefined ? null : encodeCursor(placeOf(last))
}

export const isTime = (value: unknown): value is number =>
  Number.isInteger(value) && !Number.isNaN(new Date(value as number).getTime())

/** @throws INVALID_REQUEST for anything that `encodeCursor` did not make of such a position */
export function decodeCursor<T>(cursor: string, isPlace: (place: unknown) => place is T): T {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (isPlace(place) && encodeCursor(place) === cursor) return place
  } catch {
    // Refused below, like a cursor of the wrong shape.
  }
  throw new Fault('INVALID_REQUEST', { message: 'The cursor is not one of ours' })
}

const isKey = (place: unknown): place is string => typeof place === 'string' && place.isWellFormed()

export const decodeKey = (cursor: string) => decodeCursor(cursor, isKey)
