import { type Caller, Fault, type Input, messageId, type Output, seqOf } from '@chat/contract'
import type { Bus } from '@chat/service'
import { sentSeq } from './listing.ts'
import type { Members } from './members.ts'
import type { MemberDoc, RoomDoc, Store } from './store.ts'

/** Cursors: how far each member has read. Unread counts come from them alone. */
export class Reading {
  private readonly store: Store
  private readonly bus: Bus
  private readonly members: Members
  constructor(store: Store, bus: Bus, members: Members) {
    this.store = store
    this.bus = bus
    this.members = members
  }

  /** Marks everything read; answers how it was before. */
  async open(caller: Caller, roomId: string): Promise<Output<'joinRoom'>> {
    const { member } = await this.members.require(roomId, caller.userId)
    const { lastSeq } = await this.bus.ask('lastMessageOf', caller, roomId)
    const readSeq = Math.max(member.readSeq, sentSeq(caller, roomId))
    await this.advance(member, lastSeq)
    return {
      result: true,
      lastReadMessageId: readSeq > 0 ? messageId(roomId, readSeq) : null,
      unReadMsgCount: Math.max(0, lastSeq - readSeq),
      lastSeq,
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
    await this.advance(member, Math.max(seq, sent))
    const readSeq = Math.max(seq, sent, member.readSeq)
    return { result: true, unReadMsgCount: Math.max(0, Math.max(lastSeq, sent) - readSeq) }
  }

  /** The room's own copy may trail the messages by a moment; only then it is worth a question. */
  private async lastSeq(caller: Caller, room: RoomDoc, seq: number): Promise<number> {
    if (seq <= room.lastSeq) return room.lastSeq
    return (await this.bus.ask('lastMessageOf', caller, room._id)).lastSeq
  }

  private async advance(member: MemberDoc, seq: number) {
    if (seq <= member.readSeq) return
    const fromSeq = await this.members.moveCursor(member, seq)
    if (fromSeq >= seq) return
    this.bus.publishRoom(member.roomId, 'read', {
      userId: member.userId,
      lastReadMessageId: messageId(member.roomId, seq),
      fromSeq,
      seq,
    })
    this.bus.publishUser(member.userId, 'cursor', { roomId: member.roomId, readSeq: seq, by: 'read' })
  }

  /** For each message, how many present members have not read it. A cursor never stands before one's joining. */
  async countUnread({ roomId, messages }: Input<'countUnread'>): Promise<number[]> {
    const members = await this.store.members.find({ roomId }, { userId: 1, readSeq: 1 }).lean()
    return messages.map(
      ({ seq, authorId }) =>
        members.filter((member) => member.readSeq < seq && member.userId !== authorId).length,
    )
  }
}
