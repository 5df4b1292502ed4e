import { anonymous, changeId, type Erased, mentionTextWithout } from '@chat/contract'
import { type Connection, isDuplicate, writeEach } from '@chat/service'
import mongoose from 'mongoose'
import { asMentions, asStored, type MessageDoc, type MessageStore, statusOf } from '../send/message-store.ts'
import { idRange, RoomSequence, wholeRoom } from '../send/room-sequence.ts'

/** `erase`: like `delete`, and its author is nobody any more; `unmention`: it mentioned somebody who was erased. */
export type ChangeKind = 'edit' | 'delete' | 'hide' | 'show' | 'card' | 'erase' | 'unmention'
/** What happened to a message, numbered per room from 1 without gaps; the primary key arbitrates the numbers. */
export type ChangeDoc = {
  _id: string
  roomId: string
  change: number
  messageId: string
  seq: number
  /** Empty where a platform did it. */
  by: string
  kind: ChangeKind
  /** What the message said before an edit; erased with the message. */
  text?: string
  /** Whom that text mentioned. */
  mentions?: string[]
  /** Whom an edit mentions who was not mentioned before. */
  mentioned?: string[]
  createdAt: Date
}
/** A change, and its message as it is now. */
export type Changed = Pick<ChangeDoc, 'change' | 'createdAt' | 'mentioned'> & { doc: MessageDoc }

const { Schema } = mongoose
const required = <T>(type: T) => ({ type, required: true })
const changeSchema = new Schema<ChangeDoc>(
  {
    _id: String,
    roomId: required(String),
    change: required(Number),
    messageId: required(String),
    seq: required(Number),
    by: { type: String, default: '' },
    kind: required(String),
    text: String,
    mentions: { type: [String], default: undefined },
    mentioned: { type: [String], default: undefined },
    createdAt: required(Date),
  },
  { versionKey: false },
)
changeSchema.index({ messageId: 1 })
// For the erasure of a person.
changeSchema.index({ by: 1 })
changeSchema.index({ mentioned: 1 }, { sparse: true })
changeSchema.index({ mentions: 1 }, { sparse: true })

/** The changes of all rooms' messages, and what they make of the messages. */
export async function openChanges(connection: Connection, messages: MessageStore) {
  const model = connection.model<ChangeDoc>('Change', changeSchema, 'changes')
  await model.createIndexes()
  const roomSequence = new RoomSequence({
    idOf: changeId,
    highestOf: async (ids) => {
      const found = await model.find({ _id: { $in: ids } }, { change: 1 }).lean<{ change: number }[]>()
      return Math.max(0, ...found.map((doc) => doc.change))
    },
  })

  return {
    /** The room's last change. */
    last: (roomId: string) => roomSequence.last(roomId),

    /**
     * Stores the change and the message as it becomes, both or neither.
     * @returns false where somebody else has taken the number, so that the message may have changed
     */
    async store(change: ChangeDoc, message: MessageDoc): Promise<boolean> {
      const { _id, data, replyTo, mentions, meta, status, updatedAt } = asStored(message)
      try {
        await connection.transaction(async (session) => {
          await model.create([change], { session })
          const update = {
            $set: {
              data,
              replyTo,
              meta,
              status: statusOf({ status }),
              updatedAt,
              ...(mentions && { mentions }),
            },
            ...(!mentions && { $unset: { mentions: 1 } }),
          }
          if (change.kind === 'erase') await messages.replace(message, session)
          else await messages.model.updateOne({ _id }, update as never, { session })
          if (change.kind === 'delete' || change.kind === 'erase')
            await model.updateMany({ messageId: _id }, { $unset: { text: 1, mentions: 1 } }, { session })
        })
      } catch (error) {
        if (isDuplicate(error)) return false
        throw error
      }
      roomSequence.note(change.roomId, change.change)
      return true
    },

    /** The seqs of messages that went with changes from one number to another, both inclusive. */
    async goneBetween(roomId: string, from: number, to: number): Promise<number[]> {
      const kinds: ChangeKind[] = ['delete', 'hide', 'erase']
      const going = { ...idRange(changeId, roomId, from, to), kind: { $in: kinds } }
      const changes = await model.find(going, { seq: 1 }).lean<{ seq: number }[]>()
      return changes.map(({ seq }) => seq)
    },

    /** Nobody knows any more what a person did, or that it named them. */
    async forgetWho(userId: string) {
      await model.collection.updateMany({ mentioned: userId }, { $pull: { mentioned: userId as never } })
      await model.updateMany({ by: userId }, { $set: { by: anonymous.authorId } })
    },

    /** Some of the texts of before that mention somebody. */
    textsMentioning: (userId: string, limit: number): Promise<SaidBefore[]> =>
      model
        .find({ mentions: userId }, { roomId: 1, messageId: 1, text: 1, mentions: 1 })
        .limit(limit)
        .lean<SaidBefore[]>(),

    /** They mention this person no more, nor say their name. */
    async unmention(texts: SaidBefore[], erased: Erased) {
      const writes = texts.map(({ _id, text, mentions }) => {
        const left = mentions.filter((id) => id !== erased.userId)
        const update = {
          $set: { text: mentionTextWithout(text, mentions, erased), ...asMentions(left) },
          ...(left.length === 0 && { $unset: { mentions: 1 } }),
        }
        // One whose message was deleted meanwhile says nothing any more.
        return { updateOne: { filter: { _id: _id as never, mentions: erased.userId as never }, update } }
      })
      if (writes.length > 0) await writeEach(model, writes as never)
    },

    async deleteRoom(roomId: string) {
      await model.deleteMany(wholeRoom(changeId, roomId))
    },

    /** Changes from one number to another, both inclusive, in order. */
    async between(roomId: string, from: number, to: number): Promise<Changed[]> {
      const changes = await model
        .find(idRange(changeId, roomId, from, to))
        .sort({ _id: 1 })
        .lean<ChangeDoc[]>()
      const docs = await messages.byIds([...new Set(changes.map((change) => change.messageId))])
      const byId = new Map(docs.map((doc) => [doc._id, doc]))
      return changes.map(({ change, createdAt, mentioned, messageId }) => {
        return { change, createdAt, ...(mentioned && { mentioned }), doc: byId.get(messageId) as MessageDoc }
      })
    },
  }
}
type SaidBefore = Required<Pick<ChangeDoc, '_id' | 'roomId' | 'messageId' | 'text' | 'mentions'>>
export type ChangeStore = Awaited<ReturnType<typeof openChanges>>
