import type { JoinUser, Message, Presence, Room } from '../schemas/entities.ts'
import type { RoomFact } from '../schemas/webhook-events.ts'
import type { ServerEvents } from './server-events.ts'

/** A member's standing in a room, as caches of it need it. */
export type Standing = Pick<JoinUser, '_id' | 'master' | 'mutedUntil'>

/** Events of a room on the bus: `chat.event.room.<room>.<kind>`. */
export type RoomEvents = {
  /** A new message; kept in the stream. */
  message: Message
  /** An edit, deletion, hiding or showing of a message, numbered per room without gaps; kept in the stream. `mentioned`: whom it mentions newly. */
  change: { change: number; message: Message; mentioned?: string[] }
  /** What has happened to the room or its people, for those outside of it; kept in the stream. */
  fact: RoomFact
  /** What new messages changed in the room: the last one, and how far their authors have read by sending them. */
  news: { lastSeq: number; lastMessage: Message; cursors: [userId: string, seq: number][] }
  /** What counts as unread, or how the last message looks, has changed: look at the room again. */
  gone: Record<string, never>
  /** The room as it is now, without anything personal, after members or settings have changed. */
  update: Room
  /**
   * Who may do what in the room has changed: drop what is cached. A request: whoever is asked confirms once it is
   * done. `removed` are members no more, and are told with `room`; `standing` is what others have become.
   */
  access: { roomId: string; removed?: string[]; room?: Room; standing?: Standing[] }
  /** A member of a room of two is typing, or has stopped. */
  typing: { userId: string; isTyping: boolean }
  /** A member's cursor has moved. `isPrivate`: the rules show it to masters and the reader alone, unless the reader is a master. */
  read: { userId: string; lastReadMessageId: string; fromSeq: number; seq: number; isPrivate: boolean }
}

/** A message mentions a user, or does so no more: `at` is the `updatedAt` of its state that says so. */
export type MentionState = { roomId: string; seq: number; at: string; isOn: boolean }

/** Events of a user on the bus: `chat.event.user.<user>.<kind>`. */
export type UserEvents = {
  /** They have become a member of a room. */
  joined: { roomId: string }
  /** Their own cursor has moved, by reading or by sending. */
  cursor: { roomId: string; readSeq: number; by: 'read' | 'send' }
  /** They have turned a room's alarm on or off. */
  alarm: { roomId: string; alarmOn: boolean }
  /** They have blocked or unblocked someone: everybody they block now. */
  blocks: { userId: string; blocked: string[] }
  /** What they have asked for can be had there until then. */
  exportReady: ServerEvents['exportReady']
  /** A mention of them has come or gone; with `message` where their clients are to be told. */
  mention: MentionState & { message: Message | null }
  /** The directory calls them otherwise. */
  renamed: { userId: string }
  /**
   * They have come or gone: a later `turn` counts. Told to those who have one of `rooms` open; in `closedRooms` to
   * masters alone.
   */
  presence: Presence & { turn: number; rooms: string[]; closedRooms: string[] }
  /** Tokens issued before are revoked; in seconds since the epoch. */
  revoked: { issuedFrom: number }
}
