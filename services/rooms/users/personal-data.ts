import type { Input, Output } from '@chat/contract'
import { decodeKey, encodeKey } from '@chat/service'
import type { RoomStore } from '../store/store.ts'

const PAGE = 500

type Records = Output<'exportUserFromRooms'>['records']
const records = (kind: string, values: object[]): Records =>
  values.map((value) => ({ kind, value: JSON.parse(JSON.stringify(value)) as Record<string, unknown> }))

/** What is stored here about a person: themselves first, then their memberships a page at a time. */
export async function collect(
  store: RoomStore,
  { userId, cursor }: Input<'exportUserFromRooms'>,
): Promise<Output<'exportUserFromRooms'>> {
  const after = cursor === undefined ? '' : decodeKey(cursor)
  const members = await store.members
    .find({ userId, roomId: { $gt: after } })
    .sort({ roomId: 1 })
    .limit(PAGE)
    .lean()
  const last = members.at(-1)
  return {
    records: [...(cursor === undefined ? await self(store, userId) : []), ...records('membership', members)],
    nextCursor: last && members.length === PAGE ? encodeKey(last.roomId) : null,
  }
}

async function self(store: RoomStore, userId: string): Promise<Records> {
  const [users, blocks, bans, mutes, mentions] = await Promise.all([
    store.users.find({ _id: userId }, { grams: 0 }).lean(),
    store.blocks.find({ userId }).lean(),
    store.bans.find({ userId }).lean(),
    store.mutes.find({ userId }).lean(),
    store.mentions.find({ userId }).lean(),
  ])
  return [
    ...[...records('user', users), ...records('block', blocks), ...records('ban', bans)],
    ...[...records('mute', mutes), ...records('mention', mentions)],
  ]
}
