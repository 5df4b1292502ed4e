import { Type } from 'typebox'
import { Text } from './values.ts'

/** User ids come from outside: any characters but control characters (Unicode category Cc). */
export const UserId = Text(1, 128, { pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$' })
/** Opaque to clients. We make them, but a client may send anything. */
export const RoomId = Text(1, 128)
export const MessageId = Text(1, 200)
export const SyncKey = Text(1, 128)
export const Seq = Type.Integer({ minimum: 0, maximum: 9_999_999_999 })
/** Identifies the stored data: with another one, numbers of before mean other messages. */
export const Epoch = Text(1, 64)
/** Whom an operation acts on. */
export const Targets = Type.Array(UserId, { maxItems: 10_000 })
export const MentionedIds = Type.Array(UserId, { maxItems: 50 })

export const OneRoom = { roomId: RoomId }
export const OneMember = { roomId: RoomId, userId: UserId }
export const OneMessage = { roomId: RoomId, messageId: MessageId }
