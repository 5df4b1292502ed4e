import type { Caller, Input, Output, Room } from '@chat/contract'
import { bytesOf, decodeCursor, encodeCursor, isTime, PAGE_BYTES } from '@chat/service'
import type { Memberships } from '../members/memberships.ts'
import type { MemberDoc, RoomDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'
import type { RoomView } from './room-view.ts'

const MAX_ROOMS = 1_000
/** Rooms are read and shown this many at a time, so that a page that ends early has not read them all. */
const CHUNK = 100

type Filter = Input<'listenRooms'>
type Entry = { _id: string; activeAt: Date }

/** Where a page ended: the activity and id of its last room. */
type Place = [time: number, roomId: string]
const isPlace = (place: unknown): place is Place =>
  Array.isArray(place) && isTime(place[0]) && typeof place[1] === 'string'

function entryAt(cursor: string): Entry {
  const [time, _id] = decodeCursor(cursor, isPlace)
  return { activeAt: new Date(time), _id }
}

/** Newest activity first; ids decide between equals, so that pages never overlap. */
export const byActivity = (a: Entry, b: Entry) =>
  b.activeAt.getTime() - a.activeAt.getTime() || (a._id < b._id ? 1 : a._id > b._id ? -1 : 0)

/** Any case; the store's patterns end at a zero byte unless it is spelled. */
export const contains = (keyword: string) => new RegExp(RegExp.escape(keyword).replaceAll('\0', '\\x00'), 'i')

/** The caller's rooms. */
export class RoomList {
  private readonly store: RoomStore
  private readonly members: Memberships
  private readonly roomView: RoomView
  constructor(store: RoomStore, members: Memberships, roomView: RoomView) {
    this.store = store
    this.members = members
    this.roomView = roomView
  }

  async list(caller: Caller, filter: Filter): Promise<Output<'listenRooms'>> {
    const mine = await this.members.ofUser(caller.userId)
    const entries = await this.entries(
      mine.map((member) => member.roomId),
      filter,
    )
    return this.page(caller, mine, entries, filter)
  }

  async query(caller: Caller, { keyword, ...filter }: Input<'queryRooms'>): Promise<Output<'queryRooms'>> {
    const mine = await this.members.ofUser(caller.userId)
    const roomIds = mine.map((member) => member.roomId)
    const pattern = contains(keyword)
    const [named, peopled] = await Promise.all([
      this.entries(roomIds, filter, { $or: [{ name: pattern }, { 'link.name': pattern }] }),
      this.roomsOfPeople(caller, mine, pattern).then((ids) => this.entries(ids, filter)),
    ])
    const entries = new Map([...named, ...peopled].map((entry) => [entry._id, entry]))
    return this.page(caller, mine, [...entries.values()], filter)
  }

  private async entries(roomIds: string[], filter: Filter, more: object = {}): Promise<Entry[]> {
    return this.store.rooms
      .find(
        {
          _id: { $in: roomIds },
          ready: true,
          ...(filter.roomType && { roomType: filter.roomType }),
          ...(filter.linkSid && { 'link.sid': filter.linkSid }),
          ...more,
        },
        { activeAt: 1 },
      )
      .lean()
  }

  /** Rooms in which the caller may see a member of that nickName. */
  private async roomsOfPeople(caller: Caller, mine: MemberDoc[], pattern: RegExp): Promise<string[]> {
    const roomIds = mine.map((member) => member.roomId)
    const people = await this.store.members
      .find({ roomId: { $in: roomIds } }, { roomId: 1, userId: 1, master: 1 })
      .lean()
    const named = await this.store.users
      .find(
        { _id: { $in: [...new Set(people.map((person) => person.userId))] }, nickName: pattern },
        { _id: 1 },
      )
      .lean()
    const names = new Set(named.map((user) => user._id))
    const hidden = await this.store.closedRooms(roomIds)
    for (const member of mine) if (member.master) hidden.delete(member.roomId)
    const isSeen = (p: (typeof people)[number]) =>
      p.master || p.userId === caller.userId || !hidden.has(p.roomId)
    return people
      .filter((person) => names.has(person.userId) && isSeen(person))
      .map((person) => person.roomId)
  }

  private async page(caller: Caller, mine: MemberDoc[], entries: Entry[], filter: Filter) {
    const after = filter.cursor === undefined ? null : entryAt(filter.cursor)
    const limit = Math.min(filter.limit ?? MAX_ROOMS, MAX_ROOMS)
    const rest = entries.sort(byActivity).filter((entry) => !after || byActivity(entry, after) > 0)
    const wanted = rest.slice(0, limit)
    const list: Room[] = []
    let bytes = 0
    const mentionsOf = this.roomView.mentionsOf(caller.userId)
    for (let start = 0; start < wanted.length; start += CHUNK) {
      const views = await this.views(caller, mine, wanted.slice(start, start + CHUNK), mentionsOf)
      for (const view of views) {
        bytes += bytesOf(view)
        if (bytes > PAGE_BYTES && list.length > 0) return { list, nextCursor: this.cursorAt(rest, list) }
        list.push(view)
      }
    }
    return { list, nextCursor: rest.length > wanted.length ? this.cursorAt(rest, list) : null }
  }

  private cursorAt(rest: Entry[], list: Room[]): string | null {
    const last = rest.find((entry) => entry._id === list.at(-1)?._id)
    return last ? encodeCursor([last.activeAt.getTime(), last._id] satisfies Place) : null
  }

  private async views(
    caller: Caller,
    mine: MemberDoc[],
    entries: Entry[],
    mentionsOf: ReturnType<RoomView['mentionsOf']>,
  ): Promise<Room[]> {
    const found = await this.store.rooms.find({ _id: { $in: entries.map((entry) => entry._id) } }).lean()
    const docs = new Map(found.map((room) => [room._id, room]))
    const views = await this.roomView.many(entries.flatMap((entry) => docs.get(entry._id) ?? []))
    const own = new Map(mine.map((member) => [member.roomId, member]))
    return this.roomView.seenBy(
      caller,
      views.map((view) => ({
        view,
        doc: docs.get(view._id) as RoomDoc,
        member: own.get(view._id) as MemberDoc,
      })),
      mentionsOf,
    )
  }
}
