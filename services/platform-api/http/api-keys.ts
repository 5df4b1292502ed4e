import { createHash, timingSafeEqual } from 'node:crypto'
import { Fault } from '@chat/contract'

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Whether a header carries one of the keys. Every key is compared, in constant time. @throws UNAUTHORIZED */
export function createKeyCheck(keys: string[]) {
  const known = keys.map(digest)
  return (given: string) => {
    const candidate = digest(given)
    const matches = known.map((key) => timingSafeEqual(key, candidate))
    if (!matches.includes(true)) throw new Fault('UNAUTHORIZED')
  }
}
