import { createHash } from 'node:crypto'
import type { Announcement, Message, RoomFact, RoomType, Rules } from '@chat/contract'

export type UserDoc = {
  _id: string
  nickName: string
  profileUrl: string | null
  meta: Record<string, unknown> | null
  /** What the nickName is found by; see user-search.ts. */
  grams: string[]
  /** When they were last connected; absent where they never were. */
  seenAt?: Date
  /** What others were last told, and how often that has changed; see presence.ts. */
  online?: boolean
  turn?: number
  /** When it is to be seen whether they are still there; absent where nothing says they are. */
  checkAt?: Date
  /** Tokens issued before are revoked; in seconds since the epoch. */
  issuedFrom: number | null
  createdAt: Date
}
/**
 * Somebody was erased: tokens from before do not bring them back. `_id` is a digest: who does not know the user's id
 * learns nothing from it.
 */
export type ErasedDoc = { _id: string; issuedFrom: number; createdAt: Date }
export type MemberDoc = {
  _id: string
  roomId: string
  userId: string
  master: boolean
  alarmOn: boolean
  readSeq: number
  /** The room's last message when they came: readers of a message are those who came before it. */
  joinSeq: number
  /** Null where they are not muted. */
  mutedUntil: Date | null
  createdAt: Date
}
/** Someone who may not be invited; `_id` as a member's. */
export type BanDoc = { _id: string; roomId: string; userId: string; createdAt: Date }
/** How long someone who is out is muted, should they come back; `_id` as a member's. */
export type MuteDoc = { _id: string; userId: string; mutedUntil: Date }
/** `userId` has blocked `blockedId`. */
export type BlockDoc = { _id: string; userId: string; blockedId: string; createdAt: Date }
/** Messages of a room that were ever hidden, shown again or deleted; see gone.ts. */
export type GoneDoc = { _id: string; version: number; marks: Mark[] }
export type Mark = { seq: number; isGone: boolean; updatedAt: string }
/** A mention that may be unread: `_id` is the message's and the user's; see mentions.ts. */
export type MentionDoc = {
  _id: string
  roomId: string
  userId: string
  seq: number
  /** Which state of the message says so (its `updatedAt`): of two the later counts. */
  at: string
  isOn: boolean
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
  /** The highest seq that was ever gone: a cursor beyond it needs no look at the set. */
  lastGone: number
  /** The highest seq that ever mentioned somebody, likewise. */
  lastMention?: number
  announcement: Announcement | null
  /** When something last happened in it; orders the list. */
  activeAt: Date
  /** False until its members and its first message are stored: nobody sees it before. */
  ready: boolean
  /** It is being deleted, and seen by nobody any more. */
  isDeleted?: boolean
  createdAt: Date
  updatedAt: Date
}
/** What has happened and is not published yet; see facts.ts. */
export type FactDoc = { _id: string; roomId: string; fact: RoomFact; createdAt: Date }
/** `_id` stands for a link and a set of people; see claims.ts. */
export type ClaimDoc = { _id: string; roomId: string; createdAt: Date }

/** Room ids have no colon, so the pair cannot be read in two ways. */
export const memberId = (roomId: string, userId: string) => `${roomId}:${userId}`

/** Both ids come from outside: as JSON the pair cannot be read in two ways. */
export const blockId = (userId: string, blockedId: string) => JSON.stringify([userId, blockedId])

/** The same for the same person, and nothing that names them. */
export const erasedId = (userId: string) =>
  createHash('sha256').update(`erased:${userId}`).digest('base64url')

const TIME_DIGITS = 15
/** Facts of one room sort as they happened: by when, and by their place among those of one change. */
export const factId = (roomId: string, at: Date, index: number) =>
  `${roomId}-e${String(at.getTime()).padStart(TIME_DIGITS, '0')}-${index}`
export const factsOf = (roomId: string) => ({ _id: { $gt: `${roomId}-e`, $lt: `${roomId}-f` } })

/** All ids of members, or bans, of a room: `_id`s between its prefix and the next possible one. */
export const ofRoom = (roomId: string, after = '') => ({
  _id: { $gt: memberId(roomId, after), $lt: `${roomId};` },
})
