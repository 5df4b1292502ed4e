import { createHash } from 'node:crypto'
import type {
  Announcement,
  Input,
  MentionState,
  Message,
  RoomActivityEvent,
  RoomType,
  Rules,
} from '@chat/contract'
import type { Stored } from '@chat/service'

export type UserDoc = {
  _id: string
  nickName: string
  profileUrl: string | null
  meta: Record<string, unknown> | null
  grams: string[]
  seenAt?: Date
  /** The presence last published, and how often it has changed; see presence.ts. */
  online?: boolean
  turn?: number
  /** When to probe whether they are still connected; absent while they are offline. */
  checkAt?: Date
  /** Tokens issued before it are revoked; in seconds since the epoch. */
  issuedFrom: number | null
  createdAt: Date
}
/** An absent field leaves the stored value as it is. */
export type Profile = Input<'createUser'>
/** An erased user: their earlier tokens stay revoked. `_id` is a digest, which does not reveal the user's id. */
export type ErasedDoc = { _id: string; issuedFrom: number; createdAt: Date }
export type MemberDoc = {
  _id: string
  roomId: string
  userId: string
  master: boolean
  alarmOn: boolean
  readSeq: number
  /** The room's last seq when they joined: only messages after it count them as a reader. */
  joinSeq: number
  mutedUntil: Date | null
  createdAt: Date
}
/** Someone who may not be invited; `_id` as a member's. */
export type BanDoc = { _id: string; roomId: string; userId: string; createdAt: Date }
/** The mute of someone who has left, restored if they come back; `_id` as a member's. */
export type MuteDoc = { _id: string; userId: string; mutedUntil: Date }
export type BlockDoc = { _id: string; userId: string; blockedId: string; createdAt: Date }
export type UncountedDoc = { _id: string; version: number; marks: Mark[] }
/** Whether a message that was ever hidden, shown again or deleted counts; of two marks the later `updatedAt` holds. */
export type Mark = { seq: number; isGone: boolean; updatedAt: string }
/** A mention that may be unread: `at` is the `updatedAt` of the message state that says so. See unread-mentions.ts. */
export type MentionDoc = MentionState & { _id: string; userId: string }
export type RoomDoc = {
  _id: string
  name: string
  roomType: RoomType
  profileUrl: string | null
  link: { sid: string; name: string } | null
  rules: Rules
  meta: Record<string, unknown> | null
  /** The members that lists show: up to 20 masters and the 20 newest. */
  heads: string[]
  memberCount: number
  lastSeq: number
  lastMessage: Message | null
  /** The highest seq that was ever uncounted: above it no cursor needs the room's marks. */
  lastGone: number
  /** The highest seq that ever mentioned somebody: above it no cursor needs the room's mentions. */
  lastMention?: number
  announcement: Announcement | null
  /** Orders lists: the time of the last message. */
  activeAt: Date
  /** False until its members and its first message are stored: nobody sees it before. */
  ready: boolean
  isDeleted?: boolean
  createdAt: Date
  updatedAt: Date
}
export type RoomEventDoc = Stored & { _id: string; roomId: string; fact: RoomActivityEvent }
/** `_id` is the key of a link and a set of users; see claims.ts. */
export type ClaimDoc = { _id: string; roomId: string; createdAt: Date }

export const idsOf = (docs: Iterable<{ _id: string }>) => [...docs].map(({ _id }) => _id)
export const userIdsOf = (docs: { userId: string }[]) => docs.map(({ userId }) => userId)
export const roomIdsOf = (docs: { roomId: string }[]) => docs.map(({ roomId }) => roomId)

/** Room ids have no colon, so the pair is unambiguous. */
export const memberId = (roomId: string, userId: string) => `${roomId}:${userId}`

/** Members, bans or mutes of a room: ids between the room's prefix and the next possible one. */
export const inRoom = (roomId: string, afterUserId = '') => ({
  _id: { $gt: memberId(roomId, afterUserId), $lt: `${roomId};` },
})

/** Both ids come from outside; as JSON the pair is unambiguous. */
export const blockId = (userId: string, blockedId: string) => JSON.stringify([userId, blockedId])

export const erasedId = (userId: string) =>
  createHash('sha256').update(`erased:${userId}`).digest('base64url')

/** Sorts the events of one room by time, and those of one change by their index. */
export const roomEventId = (roomId: string, at: Date, index: number) =>
  `${roomId}-e${String(at.getTime()).padStart(15, '0')}-${index}`
