import { type Static, Type } from 'typebox'
import {
  FreeForm,
  MessageId,
  Name,
  Nullable,
  RoomId,
  Seq,
  Strict,
  SyncKey,
  Text,
  Timestamp,
  Url,
  UserId,
} from './values.ts'

/** As the original document spells them, with its defaults. */
export const defaultRules = {
  canCopyMessage: true,
  canCaptureMessage: true,
  canDeleteMessage: true,
  canShareMessage: true,
  canInviteMemebrs: false,
  canLeaveOutRoom: false,
  canShowMemberList: true,
  isFreezed: false,
}

export const Rules = Strict({
  canCopyMessage: Type.Boolean(),
  canCaptureMessage: Type.Boolean(),
  canDeleteMessage: Type.Boolean(),
  canShareMessage: Type.Boolean(),
  canInviteMemebrs: Type.Boolean(),
  canLeaveOutRoom: Type.Boolean(),
  canShowMemberList: Type.Boolean(),
  isFreezed: Type.Boolean(),
})
export type Rules = Static<typeof Rules>
export const PartialRules = Type.Partial(Rules, { additionalProperties: false })

export const RoomType = Type.Enum(['GROUP', 'INQUIRY', 'ALARM', 'SYSTEM_ALARM'])
export type RoomType = Static<typeof RoomType>
export const MessageType = Type.Enum(['TEXT', 'PHOTO', 'VIDEO', 'FILE', 'CARD', 'ADMIN'])

export const Link = Type.Object({ sid: Text(1, 128), name: Name })

export const Author = Type.Object({
  authorId: UserId,
  nickName: Name,
  profileUrl: Nullable(Url),
})
export type Author = Static<typeof Author>

export const MessageContent = Type.Object({ text: Type.Optional(Type.String()) })
export const MessageData = Type.Object({ type: MessageType, content: MessageContent })
export type MessageData = Static<typeof MessageData>

export const Message = Type.Object({
  _id: MessageId,
  syncKey: SyncKey,
  roomId: RoomId,
  seq: Seq,
  author: Author,
  data: MessageData,
  replyTo: Nullable(Type.Object({ messageId: MessageId, author: Author, text: Type.String() })),
  mentions: Type.Array(UserId),
  meta: Nullable(FreeForm),
  status: Type.Object({ deleted: Type.Boolean(), hidden: Type.Boolean() }),
  unReadUserCount: Type.Integer({ minimum: 0 }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Message = Static<typeof Message>

export const JoinUser = Type.Object({
  _id: UserId,
  nickName: Name,
  profileUrl: Nullable(Url),
  lastReadMessageId: Nullable(MessageId),
  master: Type.Boolean(),
  alarmOn: Type.Boolean(),
  meta: Nullable(FreeForm),
  createdAt: Timestamp,
})
export type JoinUser = Static<typeof JoinUser>

export const Room = Type.Object({
  _id: RoomId,
  name: Name,
  roomType: RoomType,
  profileUrl: Nullable(Url),
  link: Nullable(Link),
  joinUsers: Type.Array(JoinUser),
  rules: Rules,
  lastMessage: Nullable(Message),
  announcement: Type.Null(),
  meta: Nullable(FreeForm),
  memberCount: Type.Integer({ minimum: 0 }),
  lastSeq: Seq,
  unReadMsgCount: Type.Integer({ minimum: 0 }),
  unReadMentionCount: Type.Integer({ minimum: 0 }),
  alarmOn: Type.Boolean(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Room = Static<typeof Room>
