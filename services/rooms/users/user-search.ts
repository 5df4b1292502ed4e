import { Fault, type Input, normalised, type Output, type User } from '@chat/contract'
import { decodeKey, encodeKey, pairsOf } from '@chat/service'
import { presentUser } from '../room/presenter.ts'
import type { RoomStore } from '../store/store.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100
const CHUNK = 200

/** What a nickName can be found by: each of its characters, and each two that stand together. */
export const nameGrams = (nickName: string): string[] => {
  const text = normalised(nickName)
  return [...new Set([...text, ...pairsOf(text)])]
}

/** People by any part of their nickName, one character or more. */
export class UserSearch {
  private readonly store: RoomStore
  constructor(store: RoomStore) {
    this.store = store
  }

  async page({
    keyword,
    limit = DEFAULT_LIMIT,
    cursor,
  }: Input<'searchUsers'>): Promise<Output<'searchUsers'>> {
    const text = normalised(keyword)
    const pairs = pairsOf(text)
    const grams = pairs.length > 0 ? pairs : [...text]
    if (grams.length === 0) throw new Fault('INVALID_REQUEST', { message: 'The keyword is empty' })
    const most = Math.min(limit, MAX_LIMIT)
    const list: User[] = []
    for (let after = cursor === undefined ? '' : decodeKey(cursor); ; ) {
      const chunk = await this.read(grams, after)
      for (const user of chunk) {
        if (!normalised(user.nickName).includes(text)) continue
        if (list.length === most) return { list, nextCursor: encodeKey(list.at(-1)?._id ?? '') }
        list.push(presentUser(user._id, user))
      }
      if (chunk.length < CHUNK) return { list, nextCursor: null }
      after = chunk.at(-1)?._id ?? ''
    }
  }

  private read(grams: string[], after: string) {
    return this.store.users
      .find({ grams: { $all: grams }, _id: { $gt: after } })
      .sort({ _id: 1 })
      .limit(CHUNK)
      .lean()
  }
}
