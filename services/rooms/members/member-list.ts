import { type Input, type JoinUser, maySee, type Output } from '@chat/contract'
import { decodeKey, encodeKey } from '@chat/service'
import { presentMember } from '../room/presenter.ts'
import { contains } from '../room/room-list.ts'
import { type BanDoc, type MemberDoc, ofRoom, type RoomDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'
import type { Directory } from '../users/directory.ts'
import type { Memberships } from './memberships.ts'
import { PLATFORM } from './targets.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100
/** Read at a time where only some are wanted. */
const CHUNK = 500

type Query = Input<'listMembers'>
type Person = MemberDoc | BanDoc
type Viewer = Pick<JoinUser, '_id' | 'master'>
const isMember = (person: Person): person is MemberDoc => 'readSeq' in person

/** A room's members and banned people, a page at a time, in the order of their ids. */
export class MemberList {
  private readonly store: RoomStore
  private readonly members: Memberships
  private readonly directory: Directory
  constructor(store: RoomStore, members: Memberships, directory: Directory) {
    this.store = store
    this.members = members
    this.directory = directory
  }

  /** Only those whom the caller may see. */
  async page(userId: string, query: Query): Promise<Output<'listMembers'>> {
    const { room, member } = await this.members.require(query.roomId, userId)
    return this.list(room, { _id: userId, master: member.master }, query)
  }

  /** As platforms see it. */
  async whole(query: Query): Promise<Output<'listMembers'>> {
    return this.list(await this.members.requireRoom(query.roomId), { _id: PLATFORM, master: true }, query)
  }

  private async list(room: RoomDoc, viewer: Viewer, query: Query): Promise<Output<'listMembers'>> {
    const limit = Math.min(query.limit ?? DEFAULT_LIMIT, MAX_LIMIT)
    const list: JoinUser[] = []
    let after = query.cursor === undefined ? '' : decodeKey(query.cursor)
    for (;;) {
      const chunk = await this.read(query, after)
      for (const person of await this.wanted(room, viewer, query, chunk)) {
        if (list.length === limit) return { list, nextCursor: encodeKey(list.at(-1)?._id ?? '') }
        list.push(person)
      }
      if (chunk.length < CHUNK) return { list, nextCursor: null }
      after = chunk.at(-1)?.userId ?? ''
    }
  }

  private async read({ roomId, state }: Query, after: string): Promise<Person[]> {
    const [filter, order] = [ofRoom(roomId, after), { _id: 1 } as const]
    return state === 'BANNED'
      ? this.store.bans.find(filter).sort(order).limit(CHUNK).lean()
      : this.store.members.find(filter).sort(order).limit(CHUNK).lean()
  }

  private async wanted(room: RoomDoc, viewer: Viewer, query: Query, chunk: Person[]): Promise<JoinUser[]> {
    const seen = chunk
      .filter((person) => query.state !== 'MUTED' || isMuted(person))
      .filter((person) =>
        maySee(room.rules, viewer, { _id: person.userId, master: isMember(person) && person.master }),
      )
    const users = await this.directory.profiles(seen.map((person) => person.userId))
    const pattern = query.keyword === undefined ? null : contains(query.keyword)
    return seen
      .map((person) => presentMember(isMember(person) ? person : asMember(person), users.get(person.userId)))
      .filter((person) => !pattern || pattern.test(person.nickName))
  }
}

const isMuted = (person: Person) =>
  isMember(person) && person.mutedUntil != null && person.mutedUntil.getTime() > Date.now()

/** Someone banned has no standing in the room; `createdAt` is when they were. */
const asMember = (ban: BanDoc): MemberDoc => ({
  ...ban,
  master: false,
  alarmOn: false,
  readSeq: 0,
  joinSeq: 0,
  mutedUntil: null,
})
