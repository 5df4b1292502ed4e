import type { JoinUser } from '@chat/contract'
import { plainName } from '../text/plain.ts'

/** Masters first, then all by their names as the language sorts them. */
export function inOrder(members: readonly JoinUser[], language: string): JoinUser[] {
  const { compare } = new Intl.Collator(language, { numeric: true })
  return members.toSorted(
    (a, b) => Number(b.master) - Number(a.master) || compare(plainName(a.nickName), plainName(b.nickName)),
  )
}
