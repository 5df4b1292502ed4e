import type { Output } from '@chat/contract'
import { decodeKey, encodeKey } from '@chat/service'
import type { Operation } from '../parts.ts'
import type { Store } from '../store/store.ts'

const PAGE = 500

type Records = Output<'exportUserFromRooms'>['records']
const records = (kind: string, values: object[]): Records =>
  values.map((value) => ({ kind, value: JSON.parse(JSON.stringify(value)) as Record<string, unknown> }))

/** What is stored here about a user: their own data first, then their memberships in pages. */
export const exportUserFromRooms: Operation<'exportUserFromRooms'> = async ({ store }, _caller, input) => {
  const { userId, cursor } = input
  const after = cursor === undefined ? '' : decodeKey(cursor)
  const members = await store.members.pageOfUser(userId, after, PAGE)
  const last = members.at(-1)
  const own = cursor === undefined ? await ownRecords(store, userId) : []
  return {
    records: [...own, ...records('membership', members)],
    nextCursor: last && members.length === PAGE ? encodeKey(last.roomId) : null,
  }
}

async function ownRecords(store: Store, userId: string): Promise<Records> {
  const [user, others] = await Promise.all([store.users.get(userId), store.users.otherData(userId)])
  return [
    ...records('user', user ? [{ ...user, grams: undefined }] : []),
    ...Object.entries(others).flatMap(([kind, values]) => records(kind, values)),
  ]
}
