import { type Caller, type Input, type Room, type RoomLook, roomAsSeenBy, sentSeq } from '@chat/contract'
import type { UnreadMentions } from '../mentions/unread-mentions.ts'
import type { UncountedMessages } from '../reading/uncounted-messages.ts'
import { type MemberDoc, memberId, type RoomDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'
import type { Blocks } from '../users/blocks.ts'
import type { Directory } from '../users/directory.ts'
import { presentMember, presentRoom } from './presenter.ts'

const SHOWN_IN_ONE = 100

type Seen = { doc: RoomDoc; view: Room; member: MemberDoc }

/** Turns stored rooms into what the contract calls a Room, a constant number of queries for any number of rooms. */
export class RoomView {
  private readonly store: RoomStore
  private readonly directory: Directory
  private readonly gone: UncountedMessages
  private readonly blocks: Blocks
  private readonly mentions: UnreadMentions
  constructor(parts: {
    store: RoomStore
    directory: Directory
    gone: UncountedMessages
    blocks: Blocks
    mentions: UnreadMentions
  }) {
    this.store = parts.store
    this.directory = parts.directory
    this.gone = parts.gone
    this.blocks = parts.blocks
    this.mentions = parts.mentions
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

  /**
   * As one member sees them. Messages they have just sent, which this service may not have heard of yet, move their own
   * cursor at once; `lastSeq` stays what `lastMessage` is. `mentionsOf`: for those who show rooms in several goes.
   */
  async seenBy(caller: Caller, seen: Seen[], mentionsOf = this.mentionsOf(caller.userId)): Promise<Room[]> {
    const readSeqOf = ({ doc, member }: Seen) => Math.max(member.readSeq, sentSeq(caller, doc._id))
    const behind = seen.filter((each) => (each.doc.lastGone ?? 0) > readSeqOf(each))
    const mayBeMentioned = seen.some((each) => (each.doc.lastMention ?? 0) > readSeqOf(each))
    const [users, blocked, gone, mentions] = await Promise.all([
      this.directory.profiles([caller.userId]),
      this.blocks.blockedBy(caller.userId),
      this.gone.ofRooms(behind.map(({ doc }) => doc._id)),
      mayBeMentioned ? mentionsOf() : new Map<string, { seq: number }[]>(),
    ])
    const blockedIds = new Set(blocked)
    return seen.map((each) => {
      const look = { ...each.view, since: 0, gone: gone.get(each.doc._id) ?? [] }
      const member = presentMember(each.member, users.get(caller.userId))
      const seqs = (mentions.get(each.doc._id) ?? []).map(({ seq }) => seq)
      return roomAsSeenBy(look, { member, readSeq: readSeqOf(each), mentions: seqs }, blockedIds)
    })
  }

  /** A user's mentions, asked for once and only if somebody wants to know. */
  mentionsOf(userId: string) {
    let asked: ReturnType<UnreadMentions['ofUser']> | undefined
    return () => {
      asked ??= this.mentions.ofUser(userId)
      return asked
    }
  }

  /** As edges hold them, each with what is gone above the least cursor of those who look. */
  async looks(asked: Input<'viewRooms'>['rooms']): Promise<RoomLook[]> {
    const since = new Map(asked.map((each) => [each.roomId, each.since]))
    const docs = await this.store.rooms.find({ _id: { $in: [...since.keys()] }, ready: true }).lean()
    const rooms = await this.many(docs)
    const sets = await this.gone.ofRooms(
      docs.filter((doc) => (doc.lastGone ?? 0) > (since.get(doc._id) ?? 0)).map((doc) => doc._id),
    )
    return rooms.map((room) => {
      const from = since.get(room._id) ?? 0
      return { ...room, since: from, gone: (sets.get(room._id) ?? []).filter((seq) => seq > from) }
    })
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
