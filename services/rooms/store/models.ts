import type { Connection } from '@chat/service'
import mongoose from 'mongoose'
import type {
  BanDoc,
  BlockDoc,
  ClaimDoc,
  ErasedDoc,
  MemberDoc,
  MentionDoc,
  MuteDoc,
  RoomDoc,
  RoomEventDoc,
  UncountedDoc,
  UserDoc,
} from './documents.ts'

const { Schema } = mongoose
const options = { versionKey: false, minimize: false } as const
const required = <T>(type: T) => ({ type, required: true })
const anything = { type: Schema.Types.Mixed, default: null }

const userSchema = new Schema<UserDoc>(
  {
    _id: String,
    nickName: required(String),
    profileUrl: String,
    meta: anything,
    grams: [String],
    seenAt: Date,
    online: Boolean,
    turn: Number,
    checkAt: Date,
    issuedFrom: { type: Number, default: null },
    createdAt: required(Date),
  },
  options,
)
userSchema.index({ grams: 1, _id: 1 })
userSchema.index({ checkAt: 1 }, { sparse: true })
const memberSchema = new Schema<MemberDoc>(
  {
    _id: String,
    roomId: required(String),
    userId: required(String),
    master: required(Boolean),
    alarmOn: required(Boolean),
    readSeq: required(Number),
    joinSeq: { type: Number, default: 0 },
    mutedUntil: { type: Date, default: null },
    createdAt: required(Date),
  },
  options,
)
memberSchema.index({ userId: 1, roomId: 1 })
memberSchema.index({ roomId: 1, createdAt: -1 })

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
    lastGone: { type: Number, default: 0 },
    lastMention: { type: Number, default: 0 },
    announcement: anything,
    activeAt: required(Date),
    ready: required(Boolean),
    isDeleted: Boolean,
    createdAt: required(Date),
    updatedAt: required(Date),
  },
  options,
)
roomSchema.index({ 'link.sid': 1, _id: 1 }, { sparse: true })
const claimSchema = new Schema<ClaimDoc>(
  { _id: String, roomId: required(String), createdAt: required(Date) },
  options,
)

const banSchema = new Schema<BanDoc>(
  { _id: String, roomId: required(String), userId: required(String), createdAt: required(Date) },
  options,
)
// For the erasure of a user.
banSchema.index({ userId: 1 })
const muteSchema = new Schema<MuteDoc>(
  { _id: String, userId: required(String), mutedUntil: required(Date) },
  options,
)
// For the erasure of a user.
muteSchema.index({ userId: 1 })
// Expired mutes are removed.
muteSchema.index({ mutedUntil: 1 }, { expireAfterSeconds: 0 })
const mentionSchema = new Schema<MentionDoc>(
  {
    _id: String,
    roomId: required(String),
    userId: required(String),
    seq: required(Number),
    at: required(String),
    isOn: required(Boolean),
  },
  options,
)
mentionSchema.index({ userId: 1, roomId: 1, seq: 1 })
const blockSchema = new Schema<BlockDoc>(
  { _id: String, userId: required(String), blockedId: required(String), createdAt: required(Date) },
  options,
)
blockSchema.index({ userId: 1 })
blockSchema.index({ blockedId: 1 })
const erasedSchema = new Schema<ErasedDoc>(
  { _id: String, issuedFrom: required(Number), createdAt: required(Date) },
  options,
)
const roomEventSchema = new Schema<RoomEventDoc>(
  { _id: String, roomId: required(String), fact: required(Schema.Types.Mixed), createdAt: required(Date) },
  options,
)
roomEventSchema.index({ createdAt: 1 })
const uncountedSchema = new Schema<UncountedDoc>(
  { _id: String, version: required(Number), marks: [Schema.Types.Mixed] },
  options,
)

/** The models of the service's collections. The last argument of each is the collection's name. */
export const openModels = (connection: Connection) => ({
  users: connection.model<UserDoc>('User', userSchema, 'users'),
  members: connection.model<MemberDoc>('Member', memberSchema, 'members'),
  rooms: connection.model<RoomDoc>('Room', roomSchema, 'rooms'),
  claims: connection.model<ClaimDoc>('Claim', claimSchema, 'claims'),
  bans: connection.model<BanDoc>('Ban', banSchema, 'bans'),
  mutes: connection.model<MuteDoc>('Mute', muteSchema, 'mutes'),
  mentions: connection.model<MentionDoc>('Mention', mentionSchema, 'mentions'),
  blocks: connection.model<BlockDoc>('Block', blockSchema, 'blocks'),
  erased: connection.model<ErasedDoc>('Erased', erasedSchema, 'erased'),
  roomEvents: connection.model<RoomEventDoc>('Fact', roomEventSchema, 'facts'),
  uncounted: connection.model<UncountedDoc>('Gone', uncountedSchema, 'gone'),
})
export type Models = ReturnType<typeof openModels>
