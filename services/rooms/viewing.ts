import type { Room } from '@chat/contract'
import type { Directory } from './directory.ts'
import type { MemberDoc, RoomDoc, Store } from './store.ts'
import { memberId, presentMember, presentRoom } from './store.ts'

const SHOWN_IN_ONE = 100

/** Turns stored rooms into what the contract calls a Room, a constant number of queries for any number of rooms. */
export class Viewing {
  private readonly store: Store
  private readonly directory: Directory
  constructor(store: Store, directory: Directory) {
    this.store = store
    this.directory = directory
  }

  /** Rooms with their heads, in the order given. */
  async many(rooms: RoomDoc[]): Promise<Room[]> {
    const ids = rooms.flatMap((room) => room.heads.map((userId) => memberId(room._id, userId)))
    const members = await this.store.members.find({ _id: { $in: ids } }).lean()
    return this.compose(rooms, members)
  }

  /** One room with up to 100 members: its heads and the newest. */
  async one(room: RoomDoc): Promise<Room> {
    const [heads, newest] = await Promise.all([
      this.store.members
        .find({ _id: { $in: room.heads.map((userId) => memberId(room._id, userId)) } })
        .lean(),
      this.store.members.find({ roomId: room._id }).sort({ createdAt: -1 }).limit(SHOWN_IN_ONE).lean(),
    ])
    const members = new Map([...heads, ...newest].map((member) => [member._id, member]))
    const [view] = await this.compose([room], [...members.values()].slice(0, SHOWN_IN_ONE))
    return view as Room
  }

  async byIds(roomIds: string[]): Promise<Room[]> {
    return this.many(await this.store.rooms.find({ _id: { $in: roomIds }, ready: true }).lean())
  }

  private async compose(rooms: RoomDoc[], members: MemberDoc[]): Promise<Room[]> {
    const users = await this.directory.profiles(members.map((member) => member.userId))
    const byRoom = Map.groupBy(members, (member) => member.roomId)
    return rooms.map((room) => {
      const shown = (byRoom.get(room._id) ?? []).sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
      return presentRoom(
        room,
        shown.map((member) => presentMember(member, users.get(member.userId))),
      )
    })
  }
}
