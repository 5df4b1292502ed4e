import type { JoinUser, Room } from '@chat/contract'
import { plainName } from '../text/plain-text.ts'

/** Masters first, then by name in the language's order. */
export function inOrder(members: readonly JoinUser[], language: string): JoinUser[] {
  const { compare } = new Intl.Collator(language, { numeric: true })
  return members.toSorted(
    (a, b) => Number(b.master) - Number(a.master) || compare(plainName(a.nickName), plainName(b.nickName)),
  )
}

/** Adds the room's masters, who may be on a later page. */
export function withMasters(
  members: readonly JoinUser[],
  { joinUsers }: Pick<Room, 'joinUsers'>,
): JoinUser[] {
  const here = new Set(members.map(({ _id }) => _id))
  return [...members, ...joinUsers.filter(({ _id, master }) => master && !here.has(_id))]
}
