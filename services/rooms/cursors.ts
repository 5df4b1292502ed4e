import { decodeCursor, encodeCursor } from '@chat/service'

const isKey = (place: unknown): place is string => typeof place === 'string' && place.isWellFormed()

/** Lists whose order is that of their keys. */
export const encodeKey = (key: string) => encodeCursor(key)

/** @throws INVALID_REQUEST for anything that `encodeKey` did not make */
export const decodeKey = (cursor: string) => decodeCursor(cursor, isKey)
