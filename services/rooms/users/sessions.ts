import type { Input, Output } from '@chat/contract'
import type { Memberships } from '../members/memberships.ts'
import type { UnreadMentions } from '../mentions/unread-mentions.ts'
import type { Presence } from '../presence/presence.ts'
import { presentMember } from '../room/presenter.ts'
import type { RoomStore } from '../store/store.ts'
import type { Blocks } from './blocks.ts'
import type { Directory } from './directory.ts'

/** What edges and other services need to know of people and rooms. */
export class Sessions {
  private readonly store: RoomStore
  private readonly directory: Directory
  private readonly members: Memberships
  private readonly blocks: Blocks
  private readonly mentions: UnreadMentions
  private readonly presence: Presence
  constructor(parts: {
    store: RoomStore
    directory: Directory
    members: Memberships
    blocks: Blocks
    mentions: UnreadMentions
    presence: Presence
  }) {
    this.store = parts.store
    this.directory = parts.directory
    this.members = parts.members
    this.blocks = parts.blocks
    this.mentions = parts.mentions
    this.presence = parts.presence
  }

  /** All rooms of a user, or one of them. */
  async open(
    userId: string,
    { roomId, issuedAt = 0, ...profile }: Input<'openSession'>,
  ): Promise<Output<'openSession'>> {
    const user = await this.directory.refresh({ userId, ...profile }, issuedAt)
    const isLetIn = issuedAt >= (user.issuedFrom ?? 0)
    if (roomId === undefined && isLetIn) await this.presence.arrive(user)
    const mine = await this.members.ofUser(userId, roomId)
    const found = await this.store.rooms
      .find(
        { _id: { $in: mine.map((member) => member.roomId) }, ready: true },
        { lastSeq: 1, lastMention: 1 },
      )
      .lean()
    const docs = new Map(found.map((room) => [room._id, room]))
    const mayBeMentioned = mine.some((member) => (docs.get(member.roomId)?.lastMention ?? 0) > member.readSeq)
    const mentioned = mayBeMentioned ? await this.mentions.ofUser(userId) : null
    return {
      issuedFrom: user.issuedFrom ?? null,
      blocked: await this.blocks.blockedBy(userId),
      rooms: mine.flatMap((member) => {
        const { roomId, readSeq } = member
        const doc = docs.get(roomId)
        if (!doc) return []
        const mentions = mentioned?.get(roomId)?.filter(({ seq }) => seq > readSeq) ?? []
        return [
          {
            ...{ roomId, member: presentMember(member, user), readSeq, lastSeq: doc.lastSeq },
            ...(mentions.length > 0 && { mentions }),
          },
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
