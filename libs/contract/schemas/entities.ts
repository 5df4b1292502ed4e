import { type Static, type TBoolean, Type } from 'typebox'
import { MessageId, RoomId, Seq, SyncKey, UserId } from './ids.ts'
import {
  Count,
  FileName,
  FilePath,
  FreeForm,
  LongText,
  Name,
  Nullable,
  optional,
  Text,
  Timestamp,
  Url,
} from './values.ts'

/** Spelling and defaults of the original document. */
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

const ruleNames = Object.keys(defaultRules) as (keyof typeof defaultRules)[]
const rules = Object.fromEntries(ruleNames.map((rule) => [rule, Type.Boolean()]))
/** Unknown rules are refused. Everywhere else unknown keys are dropped. */
export const Rules = Type.Object(rules as Record<(typeof ruleNames)[number], TBoolean>, {
  additionalProperties: false,
})
export type Rules = Static<typeof Rules>
export const PartialRules = Type.Partial(Rules, { additionalProperties: false })

export const RoomType = Type.Enum(['GROUP', 'INQUIRY', 'ALARM', 'SYSTEM_ALARM'])
export type RoomType = Static<typeof RoomType>
export const FileMessageType = Type.Enum(['FILE', 'VIDEO', 'PHOTO'])
export const MessageType = Type.Enum(['TEXT', 'PHOTO', 'VIDEO', 'FILE', 'CARD', 'ADMIN'])

export const Link = Type.Object({ sid: Text(1, 128), name: Name })

export const Author = Type.Object({ authorId: UserId, nickName: Name, profileUrl: Nullable(Url) })
export type Author = Static<typeof Author>

export const File = Type.Object({
  name: FileName,
  path: FilePath,
  size: Count,
  thumbnail: Type.Optional(FilePath),
  duration: Type.Optional(Type.Number({ minimum: 0 })),
  frameSize: Type.Optional(Type.Object({ width: Count, height: Count })),
})

export type File = Static<typeof File>

/** What a message of type CARD shows; `cardType` and `action` are the platform's own words. */
const Card = Type.Object({
  cardType: Text(1, 100),
  ...optional({
    text: LongText,
    link: Type.Object({ ...Link.properties, ...optional({ profileUrl: Url }) }),
    acceptedStatus: Type.Boolean(),
    image: Url,
    buttons: Type.Array(
      Type.Object({ title: Name, action: Text(1, 100), ...optional({ value: FreeForm }) }),
      { maxItems: 20 },
    ),
    productApplicationId: Text(1, 128),
  }),
})

/** Empty if the message is deleted, or hidden from the receiver. */
export const MessageContent = Type.Object(
  optional({ text: Text(0, 1_000_000), files: Type.Array(File), rawData: Card }),
)
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
  unReadUserCount: Count,
  /** The receiver has blocked its author. */
  blocked: Type.Optional(Type.Boolean()),
  createdAt: Timestamp,
  /** Grows with every change: of two states of a message, the one with the later `updatedAt` is current. */
  updatedAt: Timestamp,
})
export type Message = Static<typeof Message>

/** A user as others see them. */
export const User = Type.Object({ _id: UserId, nickName: Name, profileUrl: Nullable(Url) })
export type User = Static<typeof User>

export const JoinUser = Type.Object({
  ...User.properties,
  lastReadMessageId: Nullable(MessageId),
  master: Type.Boolean(),
  alarmOn: Type.Boolean(),
  meta: Nullable(FreeForm),
  /** Absent for members who are not muted. */
  mutedUntil: Type.Optional(Timestamp),
  createdAt: Timestamp,
})
export type JoinUser = Static<typeof JoinUser>

export const Presence = Type.Object({
  userId: UserId,
  online: Type.Boolean(),
  /** Null for a user who never connected. */
  lastSeenAt: Nullable(Timestamp),
})
export type Presence = Static<typeof Presence>

export const Announcement = Type.Object({
  messageId: Nullable(MessageId),
  text: Type.String(),
  author: Author,
  createdAt: Timestamp,
})
export type Announcement = Static<typeof Announcement>

const outline = {
  _id: RoomId,
  name: Name,
  roomType: RoomType,
  profileUrl: Nullable(Url),
  link: Nullable(Link),
  rules: Rules,
  announcement: Nullable(Announcement),
  meta: Nullable(FreeForm),
  memberCount: Count,
  createdAt: Timestamp,
  updatedAt: Timestamp,
}
/** A room without its members and messages, and without anything that depends on the reader. */
export const RoomOutline = Type.Object(outline)
export type RoomOutline = Static<typeof RoomOutline>

export const Room = Type.Object({
  ...outline,
  joinUsers: Type.Array(JoinUser),
  lastMessage: Nullable(Message),
  lastSeq: Seq,
  unReadMsgCount: Count,
  unReadMentionCount: Count,
  alarmOn: Type.Boolean(),
  /** True in the last event that a removed member gets. */
  removed: Type.Optional(Type.Boolean()),
})
export type Room = Static<typeof Room>

/**
 * A room as edges cache it: nothing in it depends on the reader, and hidden content is still there. `gone` holds the
 * uncounted seqs above `since`, ascending.
 */
export const CachedRoom = Type.Object({ ...Room.properties, since: Seq, gone: Type.Array(Seq) })
export type CachedRoom = Static<typeof CachedRoom>
