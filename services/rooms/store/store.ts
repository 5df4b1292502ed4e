import type { Message, Rules } from '@chat/contract'
import { type Connection, ensureIndexes } from '@chat/service'
import type mongoose from 'mongoose'
import type {
  BanDoc,
  BlockDoc,
  ClaimDoc,
  ErasedDoc,
  FactDoc,
  GoneDoc,
  MemberDoc,
  MentionDoc,
  MuteDoc,
  RoomDoc,
  UserDoc,
} from './documents.ts'
import {
  banSchema,
  blockSchema,
  claimSchema,
  erasedSchema,
  factSchema,
  goneSchema,
  memberSchema,
  mentionSchema,
  muteSchema,
  roomSchema,
  userSchema,
} from './schemas.ts'

/** Few enough at a time that a message waits for a few milliseconds at most behind them. */
const AT_ONCE = 16
export const chunks = <T>(items: T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / AT_ONCE) }, (_, index) =>
    items.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  )

/** In an update's pipeline: a later message, or the same one as it became later. */
const isNewer = {
  $or: [
    { $gt: ['$news.lastSeq', '$lastSeq'] },
    {
      $and: [
        { $eq: ['$news.lastSeq', '$lastSeq'] },
        { $gt: ['$news.lastMessage.updatedAt', '$lastMessage.updatedAt'] },
      ],
    },
  ],
}

/** In an update's pipeline: the value that stands beside the document's `_id`. */
const valueById = (entries: [string, unknown][]) => ({
  $arrayElemAt: [
    { $literal: entries.map(([, value]) => value) },
    { $indexOfArray: [{ $literal: entries.map(([id]) => id) }, '$_id'] },
  ],
})

/** The collections of the rooms service. Only this folder knows that they are mongoose models. */
export async function openStore(connection: Connection) {
  const store = {
    users: connection.model<UserDoc>('User', userSchema, 'users'),
    members: connection.model<MemberDoc>('Member', memberSchema, 'members'),
    rooms: connection.model<RoomDoc>('Room', roomSchema, 'rooms'),
    claims: connection.model<ClaimDoc>('Claim', claimSchema, 'claims'),
    bans: connection.model<BanDoc>('Ban', banSchema, 'bans'),
    mutes: connection.model<MuteDoc>('Mute', muteSchema, 'mutes'),
    mentions: connection.model<MentionDoc>('Mention', mentionSchema, 'mentions'),
    blocks: connection.model<BlockDoc>('Block', blockSchema, 'blocks'),
    erased: connection.model<ErasedDoc>('Erased', erasedSchema, 'erased'),
    facts: connection.model<FactDoc>('Fact', factSchema, 'facts'),
    gone: connection.model<GoneDoc>('Gone', goneSchema, 'gone'),
    /** Where members stand, by their `_id`. */
    standings: async (memberIds: string[]): Promise<Map<string, Pick<MemberDoc, 'readSeq' | 'master'>>> => {
      const found = await store.members.find({ _id: { $in: memberIds } }, { readSeq: 1, master: 1 }).lean()
      return new Map(found.map((member) => [member._id, member]))
    },
    /** A room's members, longest-standing first, with what the directory knows of them. */
    withProfiles: async (roomId: string): Promise<(MemberDoc & { users: UserDoc[] })[]> =>
      store.members.aggregate([
        { $match: { roomId } },
        { $sort: { createdAt: 1 } },
        { $lookup: { from: 'users', localField: 'userId', foreignField: '_id', as: 'users' } },
      ]),
    rulesOf: async (roomIds: string[]): Promise<Map<string, Rules>> => {
      const found = await store.rooms.find({ _id: { $in: [...new Set(roomIds)] } }, { rules: 1 }).lean()
      return new Map(found.map((room) => [room._id, room.rules]))
    },
    /** Those of these rooms that show members only themselves and masters. */
    closedRooms: async (roomIds: string[]): Promise<Set<string>> => {
      const closed = { _id: { $in: roomIds }, 'rules.canShowMemberList': false }
      const found = await store.rooms.find(closed, { _id: 1 }).lean()
      return new Set(found.map((room) => room._id))
    },
    /** The last message may quote another one: it says what that says now, and nothing where that is gone. */
    requote: async (roomId: string, messageId: string, text: string): Promise<void> => {
      await store.rooms.updateOne(
        { _id: roomId, 'lastMessage.replyTo.messageId': messageId },
        { $set: { 'lastMessage.replyTo.text': text } },
      )
    },
    /** Takes an announcement down that speaks of one of these messages. @returns whether there was one */
    unannounce: async (roomId: string, messageIds: string[]): Promise<boolean> => {
      if (messageIds.length === 0) return false
      const { modifiedCount } = await store.rooms.updateOne(
        { _id: roomId, 'announcement.messageId': { $in: messageIds } },
        { $set: { announcement: null } },
      )
      return modifiedCount > 0
    },
    /**
     * Moves many cursors forward, never back. One update for all of them: a value per document costs the store a
     * commit each when written as a bulk of updates.
     */
    moveCursors: async (seqs: Map<string, number>) => {
      for (const some of chunks([...seqs])) {
        await store.members.collection.updateMany({ _id: { $in: some.map(([id]) => id) as never[] } }, [
          { $set: { readSeq: { $max: ['$readSeq', valueById(some)] } } },
        ])
      }
    },
    /** Sets the last message of many rooms where it, or its state, is newer than theirs; likewise one update. */
    takeLastMessages: async (messages: Message[], lastMentions: ReadonlyMap<string, number> = new Map()) => {
      const newer = (field: string) => ({ $cond: ['$isNewer', `$news.${field}`, `$${field}`] })
      for (const some of chunks(messages)) {
        const news = some.map((message): [string, unknown] => [
          message.roomId,
          {
            lastSeq: message.seq,
            lastMessage: message,
            activeAt: new Date(message.createdAt),
            lastMention: lastMentions.get(message.roomId) ?? 0,
          },
        ])
        await store.rooms.collection.updateMany({ _id: { $in: news.map(([id]) => id) as never[] } }, [
          { $set: { news: valueById(news) } },
          { $set: { isNewer } },
          {
            $set: {
              lastSeq: newer('lastSeq'),
              lastMessage: newer('lastMessage'),
              activeAt: newer('activeAt'),
              lastMention: { $max: ['$lastMention', '$news.lastMention'] },
            },
          },
          { $unset: ['news', 'isNewer'] },
        ])
      }
    },
    transaction: <T>(work: (session: mongoose.ClientSession) => Promise<T>) => connection.transaction(work),
  }
  await ensureIndexes(connection)
  return store
}
export type RoomStore = Awaited<ReturnType<typeof openStore>>
