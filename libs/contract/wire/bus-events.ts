import type { JoinUser, Message, Presence, Room } from '../schemas/entities.ts'
import type { RoomActivityEvent } from '../schemas/webhook-events.ts'
import type { ServerEvents } from './server-events.ts'

/** A member's rights in a room, as caches keep them. */
export type MemberRights = Pick<JoinUser, '_id' | 'master' | 'mutedUntil'>

/** Events of a room on the bus: `chat.event.room.<room>.<kind>`. */
export type RoomEvents = {
  /** A new message; kept in the stream. */
  message: Message
  /** A change of a message, numbered per room without gaps; kept in the stream. `mentioned`: users whom it newly mentions. */
  change: { change: number; message: Message; mentioned?: string[] }
  /** Something that happened to the room or its members, for webhooks; kept in the stream. */
  fact: RoomActivityEvent
  /** What new messages changed: the last message, and the cursors that their authors moved by sending. */
  news: { lastSeq: number; lastMessage: Message; cursors: [userId: string, seq: number][] }
  /**
   * Unread counts or the last message's view changed: reload the room. `lastChange`: the highest change number that
   * rooms has consumed of that room.
   */
  gone: { lastChange?: number }
  /** The room after members or settings changed, as edges cache it. */
  update: Room
  /**
   * Rights in the room changed: drop cached access. A confirmed broadcast: each receiver confirms when it is done.
   * `removed`: former members, who are told with `room`; `standing`: the new rights of others.
   */
  access: { roomId: string; removed?: string[]; room?: Room; standing?: MemberRights[] }
  /** A member opens the room. */
  opened: { roomId: string; userId: string }
  typing: { userId: string; isTyping: boolean }
  /** A member's cursor moved. `isPrivate`: only masters and the reader may see it. */
  read: { userId: string; lastReadMessageId: string; fromSeq: number; seq: number; isPrivate: boolean }
}

/** Whether a message mentions a user; `at` is the `updatedAt` of the state that decides it. */
export type MentionState = { roomId: string; seq: number; at: string; isOn: boolean }

/** Events of a user on the bus: `chat.event.user.<user>.<kind>`. */
export type UserEvents = {
  joined: { roomId: string }
  /** The user's own cursor moved, by reading or by sending. */
  cursor: { roomId: string; readSeq: number; by: 'read' | 'send' }
  alarm: { roomId: string; alarmOn: boolean }
  /** The user's list of blocked users changed: the whole list. */
  blocks: { userId: string; blocked: string[] }
  exportReady: ServerEvents['exportReady']
  /** A mention of the user came or went; `message` is set if clients are to be told. */
  mention: MentionState & { message: Message | null }
  renamed: { userId: string }
  /**
   * The user came online or went offline; the higher `turn` is current. Sockets with one of `rooms` open hear it, in
   * `closedRooms` only masters.
   */
  presence: Presence & { turn: number; rooms: string[]; closedRooms: string[] }
  /** Tokens issued before this are revoked; in seconds since the epoch. */
  revoked: { issuedFrom: number }
}
