import { Fault, type Input, normalised, type Output, type User } from '@chat/contract'
import { decodeKey, encodeKey } from '@chat/service'
import type { Parts } from '../parts.ts'
import { presentUser } from '../room/presenter.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100
const CHUNK = 200

/** Users by any part of their nickName, of one character or more. */
export async function searchUsers(
  { store }: Parts,
  { keyword, limit = DEFAULT_LIMIT, cursor }: Input<'searchUsers'>,
): Promise<Output<'searchUsers'>> {
  const text = normalised(keyword)
  if (text === '') throw new Fault('INVALID_REQUEST', { message: 'The keyword is empty' })
  const maxUsers = Math.min(limit, MAX_LIMIT)
  const list: User[] = []
  for (let after = cursor === undefined ? '' : decodeKey(cursor); ; ) {
    const chunk = await store.users.search(text, after, CHUNK)
    for (const user of chunk) {
      if (!normalised(user.nickName).includes(text)) continue
      if (list.length === maxUsers) return { list, nextCursor: encodeKey(list.at(-1)?._id ?? '') }
      list.push(presentUser(user._id, user))
    }
    if (chunk.length < CHUNK) return { list, nextCursor: null }
    after = chunk.at(-1)?._id ?? ''
  }
}
