import { type Author, Fault, type Input, type Output } from '@chat/contract'
import type { Directory } from './directory.ts'
import type { Members } from './members.ts'
import { presentMember, type Store } from './store.ts'

/** What edges and other services need to know of people and rooms. */
export class Sessions {
  private readonly store: Store
  private readonly directory: Directory
  private readonly members: Members
  constructor(store: Store, directory: Directory, members: Members) {
    this.store = store
    this.directory = directory
    this.members = members
  }

  /** All rooms of a user, or one of them. */
  async open(userId: string, { roomId, ...profile }: Input<'openSession'>): Promise<Output<'openSession'>> {
    const user = await this.directory.refresh({ userId, ...profile })
    const mine = await this.members.ofUser(userId, roomId)
    const rooms = await this.store.rooms
      .find({ _id: { $in: mine.map((member) => member.roomId) }, ready: true }, { lastSeq: 1 })
      .lean()
    const lastSeqs = new Map(rooms.map((room) => [room._id, room.lastSeq]))
    return {
      rooms: mine.flatMap((member) => {
        const lastSeq = lastSeqs.get(member.roomId)
        if (lastSeq === undefined) return []
        return [
          { roomId: member.roomId, member: presentMember(member, user), readSeq: member.readSeq, lastSeq },
        ]
      }),
    }
  }

  async access({ roomId, userId }: Input<'roomAccess'>): Promise<Output<'roomAccess'>> {
    const { room, member } = await this.members.require(roomId, userId)
    const user = (await this.directory.profiles([userId])).get(userId)
    if (!user) throw new Fault('ROOM_NO_EXISTS')
    const author: Author = { authorId: userId, nickName: user.nickName, profileUrl: user.profileUrl }
    return { author, master: member.master, rules: room.rules, memberCount: room.memberCount }
  }
}
