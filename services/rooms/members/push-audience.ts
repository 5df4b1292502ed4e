import type { Input, Output } from '@chat/contract'
import type { UncountedMessages } from '../reading/uncounted-messages.ts'
import { type MemberDoc, ofRoom, type RoomDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'
import type { Blocks } from '../users/blocks.ts'

type Asked = Input<'listAudiences'>['rooms'][number]
type Page = Output<'listAudiences'>
type Audience = Page['rooms'][number]
type Head = Pick<RoomDoc, '_id' | 'name' | 'memberCount' | 'lastGone'>
type Person = Pick<MemberDoc, 'roomId' | 'userId' | 'alarmOn' | 'readSeq' | 'joinSeq'>

/** Members at a time, of one large room or of many small ones. */
const PAGE = 500
const WANTED = { roomId: 1, userId: 1, alarmOn: 1, readSeq: 1, joinSeq: 1 } as const

/** Whom messages may be pushed to, as far as rooms can tell. */
export class PushAudience {
  private readonly store: RoomStore
  private readonly gone: UncountedMessages
  private readonly blocks: Blocks
  constructor(parts: { store: RoomStore; gone: UncountedMessages; blocks: Blocks }) {
    this.store = parts.store
    this.gone = parts.gone
    this.blocks = parts.blocks
  }

  /** Rooms that are no more are left out. */
  async page({ rooms, from }: Input<'listAudiences'>): Promise<Page> {
    const start = from ? rooms.findIndex(({ roomId }) => roomId === from.roomId) : 0
    const rest = start < 0 ? [] : rooms.slice(start)
    const heads = await this.headsOf(rest)
    const [first] = rest
    const head = first && heads.get(first.roomId)
    if (first && head && (from?.after !== undefined || head.memberCount > PAGE))
      return this.ofLarge(first, head, from?.after ?? '', rest[1]?.roomId)
    const small = this.fitting(rest, heads)
    const members = await this.store.members
      .find({ roomId: { $in: small.map(({ roomId }) => roomId) } }, WANTED)
      .lean()
    const next = rest[small.length]?.roomId
    return { rooms: await this.compose(small, heads, members), next: next ? { roomId: next } : null }
  }

  private async ofLarge(asked: Asked, head: Head, after: string, nextRoom?: string): Promise<Page> {
    const members = await this.store.members
      .find(ofRoom(asked.roomId, after), WANTED)
      .sort({ _id: 1 })
      .limit(PAGE)
      .lean()
    const last = members.length === PAGE ? members.at(-1)?.userId : undefined
    const rooms = await this.compose([asked], new Map([[head._id, head]]), members)
    if (last !== undefined) return { rooms, next: { roomId: asked.roomId, after: last } }
    return { rooms, next: nextRoom === undefined ? null : { roomId: nextRoom } }
  }

  private async headsOf(asked: Asked[]): Promise<Map<string, Head>> {
    const ids = asked.map(({ roomId }) => roomId)
    const found = await this.store.rooms
      .find({ _id: { $in: ids }, ready: true }, { name: 1, memberCount: 1, lastGone: 1 })
      .lean()
    return new Map(found.map((room) => [room._id, room]))
  }

  /** As many of the first ones as have no more members than a page. */
  private fitting(asked: Asked[], heads: Map<string, Head>): Asked[] {
    let members = 0
    const end = asked.findIndex(({ roomId }) => {
      members += heads.get(roomId)?.memberCount ?? 0
      return members > PAGE
    })
    return end < 0 ? asked : asked.slice(0, end)
  }

  private async compose(asked: Asked[], heads: Map<string, Head>, members: Person[]): Promise<Audience[]> {
    const byRoom = Map.groupBy(members, ({ roomId }) => roomId)
    const behind = asked.filter(({ roomId, since }) => (heads.get(roomId)?.lastGone ?? 0) >= since)
    const wanted = asked.map((room) => ({ room, people: wantedOf(room, byRoom.get(room.roomId) ?? []) }))
    const pairs = wanted.flatMap(({ room, people }) =>
      room.authorIds.flatMap((blockedId) => people.map(({ userId }) => ({ userId, blockedId }))),
    )
    const [gone, blocks] = await Promise.all([
      this.gone.ofRooms(behind.map(({ roomId }) => roomId)),
      this.blocks.among(pairs),
    ])
    return wanted.flatMap(({ room: { roomId, since, authorIds }, people }) => {
      const head = heads.get(roomId)
      if (!head) return []
      const [users, authors] = [new Set(people.map(({ userId }) => userId)), new Set(authorIds)]
      return {
        roomId,
        name: head.name,
        gone: (gone.get(roomId) ?? []).filter((seq) => seq >= since),
        members: people.map(({ userId, alarmOn, readSeq, joinSeq }) => ({
          ...{ userId, alarmOn, readSeq },
          joinSeq: joinSeq ?? 0,
        })),
        blocks: blocks.filter(({ userId, blockedId }) => users.has(userId) && authors.has(blockedId)),
      }
    })
  }
}

/** Those who have their alarm on, or are asked for by name. */
function wantedOf({ mentioned }: Asked, people: Person[]): Person[] {
  const named = new Set(mentioned)
  return people.filter(({ userId, alarmOn }) => alarmOn || named.has(userId))
}
