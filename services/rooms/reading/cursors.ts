import { Fault, maySee, messageId, type Rules, sentSeq, seqOf, unreadOf } from '@chat/contract'
import { requireMember } from '../members/memberships.ts'
import { forgetMentions } from '../mentions/unread-mentions.ts'
import type { Operation, Parts } from '../parts.ts'
import { presentUser } from '../room/presenter.ts'
import { type MemberDoc, type RoomDoc, roomIdsOf } from '../store/documents.ts'
import { uncountedAbove } from './uncounted-messages.ts'

/** Marks everything read. @returns the cursor and the count from before */
export const joinRoom: Operation<'joinRoom'> = async (parts, caller, roomId) => {
  const { store, bus } = parts
  const { userId } = caller
  const { room, member } = await requireMember(store, roomId, userId)
  bus.publishRoom(roomId, 'opened', { roomId, userId })
  const { lastSeq, lastChange, epoch } = await bus.ask('lastMessageOf', caller, roomId)
  const readSeq = Math.max(member.readSeq, sentSeq(caller, roomId))
  await advance(parts, room, member, lastSeq)
  return {
    result: true,
    lastReadMessageId: readSeq > 0 ? messageId(roomId, readSeq) : null,
    unReadMsgCount: unreadOf(lastSeq, readSeq, await uncountedAbove(store, room, readSeq)),
    lastSeq,
    lastChange,
    epoch,
  }
}

export const leaveRoom: Operation<'leaveRoom'> = async ({ store }, { userId }, roomId) => {
  await requireMember(store, roomId, userId)
  return { result: true }
}

/** @throws MESSAGE_NO_EXISTS for a message that the room does not have */
export const updateReadMessage: Operation<'updateReadMessage'> = async (parts, caller, input) => {
  const { room, member } = await requireMember(parts.store, input.roomId, caller.userId)
  const seq = seqOf(room._id, input.messageId)
  if (seq === null) throw new Fault('MESSAGE_NO_EXISTS')
  // The room's own copy may be a moment behind the messages.
  const lastSeq =
    seq <= room.lastSeq ? room.lastSeq : (await parts.bus.ask('lastMessageOf', caller, room._id)).lastSeq
  if (seq > lastSeq) throw new Fault('MESSAGE_NO_EXISTS')
  const sent = sentSeq(caller, room._id)
  await advance(parts, room, member, Math.max(seq, sent))
  const readSeq = Math.max(seq, sent, member.readSeq)
  const uncounted = await uncountedAbove(parts.store, room, readSeq)
  return { result: true, unReadMsgCount: unreadOf(Math.max(lastSeq, sent), readSeq, uncounted) }
}

async function advance(parts: Parts, { rules, lastMention = 0 }: RoomDoc, member: MemberDoc, seq: number) {
  if (seq <= member.readSeq) return
  const { roomId, userId, master } = member
  const fromSeq = await parts.store.unread.moveCursor(member, seq)
  if (lastMention > fromSeq) forgetMentions(parts, userId, roomId, seq)
  if (fromSeq >= seq) return
  const lastReadMessageId = messageId(roomId, seq)
  const isPrivate = isPrivateReader(rules, master)
  parts.bus.publishRoom(roomId, 'read', { userId, lastReadMessageId, fromSeq, seq, isPrivate })
  parts.bus.publishUser(userId, 'cursor', { roomId, readSeq: seq, by: 'read' })
}

/** Whether ordinary members may not learn what this member has read. */
export const isPrivateReader = (rules: Rules, master: boolean) =>
  !maySee(rules, { _id: '', master: false }, { _id: 'reader', master })

/** How many members have not read each message. Nobody's cursor is below the `joinSeq`. */
export const countUnread: Operation<'countUnread'> = async ({ store }, _caller, { messages }) => {
  const roomIds = [...new Set(roomIdsOf(messages))]
  const members = await store.members.pick(roomIds, 'readSeq')
  const byRoom = Map.groupBy(members, ({ roomId }) => roomId)
  const counts = messages.map(({ roomId, seq, authorId }) => {
    const unread = byRoom.get(roomId)?.filter((member) => member.readSeq < seq && member.userId !== authorId)
    return unread?.length ?? 0
  })
  return { counts }
}

/** Who of those whom the caller may see has read a message and who has not, of the members who joined before it. */
export const readersOf: Operation<'readersOf'> = async ({ store }, { userId }, { roomId, seq, authorId }) => {
  const { room, member: self } = await requireMember(store, roomId, userId)
  const viewer = { _id: userId, master: self.master }
  const readers = (await store.members.withProfiles(roomId)).filter(
    (member) =>
      (member.joinSeq ?? 0) < seq &&
      member.userId !== authorId &&
      maySee(room.rules, viewer, { _id: member.userId, master: member.master }),
  )
  const users = (wanted: typeof readers) =>
    wanted.map((member) => presentUser(member.userId, member.users[0]))
  return {
    read: users(readers.filter(({ readSeq }) => readSeq >= seq)),
    unread: users(readers.filter(({ readSeq }) => readSeq < seq)),
  }
}
