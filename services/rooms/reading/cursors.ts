import {
  type Caller,
  Fault,
  type Input,
  maySee,
  messageId,
  type Output,
  sentSeq,
  seqOf,
  unreadOf,
} from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Memberships } from '../members/memberships.ts'
import type { UnreadMentions } from '../mentions/unread-mentions.ts'
import { presentUser } from '../room/presenter.ts'
import type { MemberDoc, RoomDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'
import { isPrivate } from './message-consumer.ts'
import type { UncountedMessages } from './uncounted-messages.ts'

/** Cursors: how far each member has read. Unread counts come from them alone. */
export class Cursors {
  private readonly store: RoomStore
  private readonly bus: Bus
  private readonly members: Memberships
  private readonly gone: UncountedMessages
  private readonly mentions: UnreadMentions
  constructor(parts: {
    store: RoomStore
    bus: Bus
    members: Memberships
    gone: UncountedMessages
    mentions: UnreadMentions
  }) {
    this.store = parts.store
    this.bus = parts.bus
    this.members = parts.members
    this.gone = parts.gone
    this.mentions = parts.mentions
  }

  /** Marks everything read; answers how it was before. */
  async open(caller: Caller, roomId: string): Promise<Output<'joinRoom'>> {
    const { room, member } = await this.members.require(roomId, caller.userId)
    const { lastSeq, lastChange } = await this.bus.ask('lastMessageOf', caller, roomId)
    const readSeq = Math.max(member.readSeq, sentSeq(caller, roomId))
    await this.advance(room, member, lastSeq)
    return {
      result: true,
      lastReadMessageId: readSeq > 0 ? messageId(roomId, readSeq) : null,
      unReadMsgCount: unreadOf(lastSeq, readSeq, await this.gone.above(readSeq, room)),
      lastSeq,
      lastChange,
    }
  }

  /** @throws MESSAGE_NO_EXISTS for a message that the room does not have */
  async read(caller: Caller, input: Input<'updateReadMessage'>): Promise<Output<'updateReadMessage'>> {
    const { room, member } = await this.members.require(input.roomId, caller.userId)
    const seq = seqOf(room._id, input.messageId)
    if (seq === null) throw new Fault('MESSAGE_NO_EXISTS')
    const lastSeq = await this.lastSeq(caller, room, seq)
    if (seq > lastSeq) throw new Fault('MESSAGE_NO_EXISTS')
    const sent = sentSeq(caller, room._id)
    await this.advance(room, member, Math.max(seq, sent))
    const readSeq = Math.max(seq, sent, member.readSeq)
    const gone = await this.gone.above(readSeq, room)
    return { result: true, unReadMsgCount: unreadOf(Math.max(lastSeq, sent), readSeq, gone) }
  }

  /** The room's own copy may trail the messages by a moment; only then it is worth a question. */
  private async lastSeq(caller: Caller, room: RoomDoc, seq: number): Promise<number> {
    if (seq <= room.lastSeq) return room.lastSeq
    return (await this.bus.ask('lastMessageOf', caller, room._id)).lastSeq
  }

  private async advance({ rules, lastMention = 0 }: RoomDoc, member: MemberDoc, seq: number) {
    if (seq <= member.readSeq) return
    const fromSeq = await this.members.moveCursor(member, seq)
    if (lastMention > fromSeq) this.mentions.forgetRead({ ...member, seq })
    if (fromSeq >= seq) return
    this.bus.publishRoom(member.roomId, 'read', {
      userId: member.userId,
      lastReadMessageId: messageId(member.roomId, seq),
      fromSeq,
      seq,
      isPrivate: isPrivate(rules, member.master),
    })
    this.bus.publishUser(member.userId, 'cursor', { roomId: member.roomId, readSeq: seq, by: 'read' })
  }

  /** For each message, how many present members have not read it. A cursor never stands before one's joining. */
  async countUnread({ messages }: Input<'countUnread'>): Promise<number[]> {
    const roomIds = [...new Set(messages.map((message) => message.roomId))]
    const members = await this.store.members
      .find({ roomId: { $in: roomIds } }, { roomId: 1, userId: 1, readSeq: 1 })
      .lean()
    const byRoom = Map.groupBy(members, (member) => member.roomId)
    return messages.map(
      ({ roomId, seq, authorId }) =>
        (byRoom.get(roomId) ?? []).filter((member) => member.readSeq < seq && member.userId !== authorId)
          .length,
    )
  }

  /** Who has read a message and who has not, of those who came before it; one query for all of them. */
  async readersOf(
    { userId }: Caller,
    { roomId, seq, authorId }: Input<'readersOf'>,
  ): Promise<Output<'readersOf'>> {
    const { room, member: self } = await this.members.require(roomId, userId)
    const viewer = { _id: userId, master: self.master }
    const readers = (await this.store.withProfiles(roomId)).filter(
      (member) =>
        (member.joinSeq ?? 0) < seq &&
        member.userId !== authorId &&
        maySee(room.rules, viewer, { _id: member.userId, master: member.master }),
    )
    const users = (wanted: typeof readers) =>
      wanted.map((member) => presentUser(member.userId, member.users[0]))
    return {
      read: users(readers.filter((member) => member.readSeq >= seq)),
      unread: users(readers.filter((member) => member.readSeq < seq)),
    }
  }
}
