import type { Input } from '@chat/contract'
import type { Operation } from '../parts.ts'
import { uncountedSeqs } from '../reading/uncounted-messages.ts'
import { type MemberDoc, type RoomDoc, roomIdsOf, userIdsOf } from '../store/documents.ts'
import type { Store } from '../store/store.ts'

type Asked = Input<'listAudiences'>['rooms'][number]
type Rooms = ReadonlyMap<string, Pick<RoomDoc, 'name' | 'memberCount' | 'lastGone'>>
type Member = Pick<MemberDoc, 'roomId' | 'userId' | 'alarmOn' | 'readSeq' | 'joinSeq'>

/** Members per page, of one large room or of many small ones. */
const PAGE = 500

/** To whom the messages of these rooms may be pushed, as far as this service knows. Absent rooms are left out. */
export const listAudiences: Operation<'listAudiences'> = async ({ store }, _caller, { rooms: all, from }) => {
  const start = from ? all.findIndex(({ roomId }) => roomId === from.roomId) : 0
  const asked = start < 0 ? [] : all.slice(start)
  const rooms = await store.rooms.pick(roomIdsOf(asked), 'name', 'memberCount', 'lastGone')
  const [first] = asked
  const room = first && rooms.get(first.roomId)
  if (first && room && (from?.after !== undefined || room.memberCount > PAGE))
    return pageOfLarge(store, first, rooms, from?.after ?? '', asked[1]?.roomId)
  const small = fitting(asked, rooms)
  const members = await store.members.pick(roomIdsOf(small), 'alarmOn', 'readSeq', 'joinSeq')
  return { rooms: await audiencesOf(store, small, rooms, members), next: nextAt(asked[small.length]?.roomId) }
}

const nextAt = (roomId?: string) => (roomId === undefined ? null : { roomId })

async function pageOfLarge(store: Store, asked: Asked, rooms: Rooms, after: string, nextRoom?: string) {
  const members = await store.members.page(asked.roomId, after, PAGE)
  const last = members.length === PAGE ? members.at(-1)?.userId : undefined
  return {
    rooms: await audiencesOf(store, [asked], rooms, members),
    next: last === undefined ? nextAt(nextRoom) : { roomId: asked.roomId, after: last },
  }
}

/** As many of the first rooms as have together no more members than a page. */
function fitting(asked: Asked[], rooms: Rooms): Asked[] {
  let members = 0
  const end = asked.findIndex(({ roomId }) => {
    members += rooms.get(roomId)?.memberCount ?? 0
    return members > PAGE
  })
  return end < 0 ? asked : asked.slice(0, end)
}

async function audiencesOf(store: Store, asked: Asked[], rooms: Rooms, members: Member[]) {
  const byRoom = Map.groupBy(members, ({ roomId }) => roomId)
  const wanted = asked.map((each) => ({ ...each, members: wantedOf(each, byRoom.get(each.roomId) ?? []) }))
  const pairs = wanted.flatMap(({ members, authorIds }) =>
    authorIds.flatMap((blockedId) => members.map(({ userId }) => ({ userId, blockedId }))),
  )
  const withUncounted = asked.filter(({ roomId, since }) => (rooms.get(roomId)?.lastGone ?? 0) >= since)
  const [gone, blocks] = await Promise.all([
    uncountedSeqs(store, roomIdsOf(withUncounted)),
    store.users.blocksAmong(pairs),
  ])
  return wanted.flatMap(({ roomId, since, authorIds, members }) => {
    const room = rooms.get(roomId)
    if (!room) return []
    const [users, authors] = [new Set(userIdsOf(members)), new Set(authorIds)]
    return {
      roomId,
      name: room.name,
      gone: (gone.get(roomId) ?? []).filter((seq) => seq >= since),
      members: members.map(({ userId, alarmOn, readSeq, joinSeq = 0 }) => ({
        userId,
        alarmOn,
        readSeq,
        joinSeq,
      })),
      blocks: blocks.filter(({ userId, blockedId }) => users.has(userId) && authors.has(blockedId)),
    }
  })
}

function wantedOf({ mentioned }: Asked, members: Member[]): Member[] {
  const named = new Set(mentioned)
  return members.filter(({ userId, alarmOn }) => alarmOn || named.has(userId))
}
