import type { Input, Output } from '@chat/contract'
import type { Blocking } from './blocking.ts'
import type { Directory } from './directory.ts'
import type { Members } from './members.ts'
import { presentMember } from './presenting.ts'
import type { Store } from './store.ts'

/** What edges and other services need to know of people and rooms. */
export class Sessions {
  private readonly store: Store
  private readonly directory: Directory
  private readonly members: Members
  private readonly blocking: Blocking
  constructor(parts: { store: Store; directory: Directory; members: Members; blocking: Blocking }) {
    this.store = parts.store
    this.directory = parts.directory
    this.members = parts.members
    this.blocking = parts.blocking
  }

  /** All rooms of a user, or one of them. */
  async open(
    userId: string,
    { roomId, issuedAt = 0, ...profile }: Input<'openSession'>,
  ): Promise<Output<'openSession'>> {
    const user = await this.directory.refresh({ userId, ...profile }, issuedAt)
    const mine = await this.members.ofUser(userId, roomId)
    const rooms = await this.store.rooms
      .find({ _id: { $in: mine.map((member) => member.roomId) }, ready: true }, { lastSeq: 1 })
      .lean()
    const lastSeqs = new Map(rooms.map((room) => [room._id, room.lastSeq]))
    return {
      issuedFrom: user.issuedFrom ?? null,
      blocked: await this.blocking.blockedBy(userId),
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
    return {
      author: await this.directory.author(userId),
      master: member.master,
      rules: room.rules,
      memberCount: room.memberCount,
      mutedUntil: member.mutedUntil?.toISOString() ?? null,
    }
  }

  /** @throws ROOM_NO_EXISTS */
  async facts(roomId: string): Promise<Output<'roomFacts'>> {
    const room = await this.members.requireRoom(roomId)
    return { memberCount: room.memberCount, isFrozen: room.rules.isFreezed }
  }

  /** Rooms that are there to be seen; a membership may be stored a moment before its room is. */
  async roomsOf(userId: string): Promise<Output<'roomsOfUser'>> {
    const [mine, user] = await Promise.all([
      this.members.ofUser(userId),
      this.store.users.findById(userId, { issuedFrom: 1 }).lean(),
    ])
    const ids = mine.map((member) => member.roomId)
    const rooms = await this.store.rooms.find({ _id: { $in: ids }, ready: true }, { _id: 1 }).lean()
    return { roomIds: rooms.map((room) => room._id), issuedFrom: user?.issuedFrom ?? null }
  }
}
