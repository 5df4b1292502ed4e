import { Fault, type Input, normalised } from '@chat/contract'
import { readPage } from '../key-page.ts'
import type { Parts } from '../parts.ts'
import { presentUser } from '../room/presenter.ts'
import type { UserDoc } from '../store/documents.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100
const CHUNK = 200

export function searchUsers({ store }: Parts, input: Input<'searchUsers'>) {
  const { keyword, limit = DEFAULT_LIMIT, cursor } = input
  const text = normalised(keyword)
  if (text === '') throw new Fault('INVALID_REQUEST', { message: 'The keyword is empty' })
  const matches = ({ nickName }: UserDoc) => normalised(nickName).includes(text)
  return readPage(
    { cursor, limit: Math.min(limit, MAX_LIMIT), chunk: CHUNK },
    (after) => store.users.search(text, after, CHUNK),
    ({ _id }) => _id,
    (users) => users.filter(matches).map((user) => presentUser(user._id, user)),
  )
}
