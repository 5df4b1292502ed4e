import { type Input, type JoinUser, maySee } from '@chat/contract'
import { readPage } from '../key-page.ts'
import type { Operation } from '../parts.ts'
import { presentMember } from '../room/presenter.ts'
import { contains } from '../room/room-list.ts'
import { type BanDoc, type MemberDoc, type RoomDoc, userIdsOf } from '../store/documents.ts'
import type { Store } from '../store/store.ts'
import { isMuted, PLATFORM, requireMember, requireRoom } from './memberships.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100
/** Read at a time, because only some of them may be wanted. */
const CHUNK = 500

type Query = Input<'listMembers'>
type Viewer = Pick<JoinUser, '_id' | 'master'>

/** A page of a room's members or banned users, in the order of their ids: those whom the caller may see. */
export const listMembers: Operation<'listMembers'> = async ({ store }, { userId }, query) => {
  const { room, member } = await requireMember(store, query.roomId, userId)
  return pageOf(store, room, { _id: userId, master: member.master }, query)
}

export const listRoomMembers: Operation<'listRoomMembers'> = async ({ store }, _caller, query) =>
  pageOf(store, await requireRoom(store, query.roomId), { _id: PLATFORM, master: true }, query)

function pageOf(store: Store, room: RoomDoc, viewer: Viewer, query: Query) {
  const read = async (after: string): Promise<MemberDoc[]> =>
    query.state === 'BANNED'
      ? (await store.members.pageOfBans(room._id, after, CHUNK)).map(asMember)
      : store.members.page(room._id, after, CHUNK)
  const limit = Math.min(query.limit ?? DEFAULT_LIMIT, MAX_LIMIT)
  return readPage(
    { cursor: query.cursor, limit, chunk: CHUNK },
    read,
    ({ userId }) => userId,
    (members) => matching(store, room, viewer, query, members),
  )
}

async function matching(store: Store, room: RoomDoc, viewer: Viewer, query: Query, chunk: MemberDoc[]) {
  const { state, keyword } = query
  const seen = chunk.filter(
    (member) =>
      (state !== 'MUTED' || isMuted(member)) &&
      maySee(room.rules, viewer, { _id: member.userId, master: member.master }),
  )
  const users = await store.users.getMany(userIdsOf(seen))
  const pattern = keyword === undefined ? null : contains(keyword)
  return seen
    .map((member) => presentMember(member, users.get(member.userId)))
    .filter(({ nickName }) => !pattern || pattern.test(nickName))
}

/** A banned user as lists show them; `createdAt` is the time of the ban. */
const asMember = (ban: BanDoc): MemberDoc => ({
  ...ban,
  master: false,
  alarmOn: false,
  readSeq: 0,
  joinSeq: 0,
  mutedUntil: null,
})
