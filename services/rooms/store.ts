import { type JoinUser, type Message, messageId, type Room, type RoomType, type Rules } from '@chat/contract'
import { type Connection, ensureIndexes } from '@chat/service'
import mongoose from 'mongoose'

export type UserDoc = {
  _id: string
  nickName: string
  profileUrl: string | null
  meta: Record<string, unknown> | null
  createdAt: Date
}
export type MemberDoc = {
  _id: string
  roomId: string
  userId: string
  master: boolean
  alarmOn: boolean
  readSeq: number
  createdAt: Date
}
export type RoomDoc = {
  _id: string
  name: string
  roomType: RoomType
  profileUrl: string | null
  link: { sid: string; name: string } | null
  rules: Rules
  meta: Record<string, unknown> | null
  /** Whose members are shown in lists: up to 20 masters and the 20 newest. */
  heads: string[]
  memberCount: number
  lastSeq: number
  lastMessage: Message | null
  /** When something last happened in it; orders the list. */
  activeAt: Date
  /** False until its members and its first message are stored: nobody sees it before. */
  ready: boolean
  createdAt: Date
  updatedAt: Date
}
/** `_id` stands for a link and a set of people; see claims.ts. */
export type ClaimDoc = { _id: string; roomId: string; createdAt: Date }

const { Schema } = mongoose
const options = { versionKey: false, minimize: false } as const
const required = <T>(type: T) => ({ type, required: true })
const anything = { type: Schema.Types.Mixed, default: null }

const userSchema = new Schema<UserDoc>(
  { _id: String, nickName: required(String), profileUrl: String, meta: anything, createdAt: required(Date) },
  options,
)
const memberSchema = new Schema<MemberDoc>(
  {
    _id: String,
    roomId: required(String),
    userId: required(String),
    master: required(Boolean),
    alarmOn: required(Boolean),
    readSeq: required(Number),
    createdAt: required(Date),
  },
  options,
)
memberSchema.index({ userId: 1, roomId: 1 })
memberSchema.index({ roomId: 1, createdAt: -1 })
memberSchema.index({ roomId: 1, master: 1, createdAt: 1 })

const roomSchema = new Schema<RoomDoc>(
  {
    _id: String,
    name: required(String),
    roomType: required(String),
    profileUrl: String,
    link: anything,
    rules: anything,
    meta: anything,
    heads: [String],
    memberCount: required(Number),
    lastSeq: required(Number),
    lastMessage: anything,
    activeAt: required(Date),
    ready: required(Boolean),
    createdAt: required(Date),
    updatedAt: required(Date),
  },
  options,
)
const claimSchema = new Schema<ClaimDoc>(
  { _id: String, roomId: required(String), createdAt: required(Date) },
  options,
)

/** Few enough at a time that a message waits for a few milliseconds at most behind them. */
const AT_ONCE = 16
const chunks = <T>(items: T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / AT_ONCE) }, (_, index) =>
    items.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  )

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
    cursors: async (memberIds: string[]): Promise<Map<string, number>> => {
      const found = await store.members.find({ _id: { $in: memberIds } }, { readSeq: 1 }).lean()
      return new Map(found.map((member) => [member._id, member.readSeq]))
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
    /** Sets the last message of many rooms where it is newer than theirs; likewise one update. */
    takeLastMessages: async (messages: Message[]) => {
      const newer = (field: string) => ({ $cond: ['$isNewer', `$news.${field}`, `$${field}`] })
      for (const some of chunks(messages)) {
        const news = some.map((message): [string, unknown] => [
          message.roomId,
          { lastSeq: message.seq, lastMessage: message, activeAt: new Date(message.createdAt) },
        ])
        await store.rooms.collection.updateMany({ _id: { $in: news.map(([id]) => id) as never[] } }, [
          { $set: { news: valueById(news) } },
          { $set: { isNewer: { $gt: ['$news.lastSeq', '$lastSeq'] } } },
          {
            $set: {
              lastSeq: newer('lastSeq'),
              lastMessage: newer('lastMessage'),
              activeAt: newer('activeAt'),
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
export type Store = Awaited<ReturnType<typeof openStore>>

/** Room ids have no colon, so the pair cannot be read in two ways. */
export const memberId = (roomId: string, userId: string) => `${roomId}:${userId}`

/** MongoDB's code for a second document with the same unique key. */
export const isDuplicate = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 11000

export function presentMember(member: MemberDoc, user: UserDoc | undefined): JoinUser {
  return {
    _id: member.userId,
    nickName: user?.nickName ?? member.userId.slice(0, 100),
    profileUrl: user?.profileUrl ?? null,
    lastReadMessageId: member.readSeq > 0 ? messageId(member.roomId, member.readSeq) : null,
    master: member.master,
    alarmOn: member.alarmOn,
    meta: user?.meta ?? null,
    createdAt: member.createdAt.toISOString(),
  }
}

/** The room without anything personal. */
export function presentRoom(room: RoomDoc, joinUsers: JoinUser[]): Room {
  return {
    _id: room._id,
    name: room.name,
    roomType: room.roomType,
    profileUrl: room.profileUrl ?? null,
    link: room.link ?? null,
    joinUsers,
    rules: room.rules,
    lastMessage: room.lastMessage,
    announcement: null,
    meta: room.meta ?? null,
    memberCount: room.memberCount,
    lastSeq: room.lastSeq,
    unReadMsgCount: 0,
    unReadMentionCount: 0,
    alarmOn: true,
    createdAt: room.createdAt.toISOString(),
    updatedAt: room.updatedAt.toISOString(),
  }
}
