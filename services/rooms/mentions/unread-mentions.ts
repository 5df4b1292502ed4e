import { type MentionState, type Message, messageId } from '@chat/contract'
import { insertMissing, type Logger, writeEach } from '@chat/service'
import type { Mark, MentionDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'

/** Which state of a message says that it mentions someone. */
type MentionMark = { seq: number; at: string }
/** What became of a mention, and whose it is. */
export type Turned = MentionState & { userId: string }
/** A message that mentions somebody, as the messages service knows it. */
type Said = MentionMark & { userIds: string[] }
type Cursor = { userId: string; roomId: string; seq: number }

/** Nobody counts further, and one who is mentioned again and again must still be able to connect. */
const MAX_COUNTED = 1_000
const rowId = (id: string, userId: string) => `${id}:${userId}`
/** All rows of a message, or of a room: `_id`s between their prefix and the next possible one. */
const ofMessage = (id: string) => ({ _id: { $gt: `${id}:`, $lt: `${id};` } })
const ofRoomMessages = (roomId: string) => ({ _id: { $gt: `${roomId}-`, $lt: `${roomId}.` } })

const rowOf = ({ _id, roomId, seq, updatedAt }: Message, userId: string): MentionDoc => ({
  _id: rowId(_id, userId),
  roomId,
  userId,
  seq,
  at: updatedAt,
  isOn: true,
})

const turned = ({ userId, roomId, seq, at, isOn }: MentionDoc): Turned => ({
  userId,
  roomId,
  seq,
  at,
  isOn,
})

/**
 * One row for each mention, until it is read. Of two states of a message the later counts, in whatever order and
 * however often they come: a row says by which it was written.
 */
export class UnreadMentions {
  private readonly store: RoomStore
  private readonly logger: Logger
  constructor(store: RoomStore, logger: Logger) {
    this.store = store
    this.logger = logger
  }

  /**
   * New messages. `marksOf` is asked once the rows are there: a change that comes later finds them, and what has
   * changed before is left to it. @returns the mentions that hold
   */
  async note(messages: Message[], marksOf: (roomIds: string[]) => Promise<Map<string, Mark[]>>) {
    const mentioning = messages.filter(({ mentions }) => mentions.length > 0)
    if (mentioning.length === 0) return []
    const rows = mentioning.flatMap((message) => message.mentions.map((userId) => rowOf(message, userId)))
    await insertMissing(this.store.mentions, rows)
    const marks = await marksOf(mentioning.map(({ roomId }) => roomId))
    const isChanged = ({ roomId, seq, at }: MentionDoc) =>
      marks.get(roomId)?.some((mark) => mark.seq === seq && mark.updatedAt > at)
    const stale = rows.filter(isChanged)
    for (const { _id, at } of stale) await this.store.mentions.deleteOne({ _id, at })
    return rows.filter((row) => !stale.includes(row)).map(turned)
  }

  /** A message as it has become. @returns what that made of its mentions */
  async noteChange({ _id: id, roomId, seq, updatedAt: at, mentions }: Message): Promise<Turned[]> {
    const known = await this.store.mentions.find(ofMessage(id)).lean()
    const now = new Set(mentions)
    const userIds = [...new Set([...known.map(({ userId }) => userId), ...now])]
    if (userIds.length === 0) return []
    const states = userIds.map((userId) => ({ userId, roomId, seq, at, isOn: now.has(userId) }))
    await writeEach(
      this.store.mentions,
      states.map((state) => ({
        updateOne: {
          // A later one keeps its row: this one's key is taken then.
          filter: { _id: rowId(id, state.userId) as never, at: { $lt: at } },
          update: { $set: state },
          upsert: true,
        },
      })),
    )
    return states
  }

  /** A user's mentions in all their rooms that may be unread, up to a thousand a room; one aggregate. */
  async ofUser(userId: string): Promise<Map<string, MentionMark[]>> {
    const found = await this.store.mentions.aggregate<{ _id: string; marks: MentionMark[] }>([
      { $match: { userId, isOn: true } },
      { $group: { _id: '$roomId', marks: { $push: { seq: '$seq', at: '$at' } } } },
      { $project: { marks: { $slice: ['$marks', MAX_COUNTED] } } },
    ])
    return new Map(found.map(({ _id, marks }) => [_id, marks]))
  }

  /**
   * For a recount: what the messages say of those that are unread. What was told after it began stays.
   * @returns what had to be corrected
   */
  async replace(roomId: string, said: Said[], began: string): Promise<Turned[]> {
    const members = await this.store.members.find({ roomId }, { userId: 1, readSeq: 1 }).lean()
    const readSeqs = new Map(members.map(({ userId, readSeq }) => [userId, readSeq]))
    const isUnread = ({ userId, seq }: Pick<MentionDoc, 'userId' | 'seq'>) =>
      seq > (readSeqs.get(userId) ?? Number.POSITIVE_INFINITY)
    const right = said
      .flatMap(({ seq, at, userIds }) => userIds.map((userId) => ({ seq, at, userId, roomId, isOn: true })))
      .filter(isUnread)
      .map((row) => ({ ...row, _id: rowId(messageId(roomId, row.seq), row.userId) }))
    const rightIds = new Set(right.map(({ _id }) => _id))
    const rows = await this.store.mentions.find(ofRoomMessages(roomId)).lean()
    const onIds = new Set(rows.flatMap(({ _id, isOn }) => (isOn ? _id : [])))
    const missing = right.filter(({ _id }) => !onIds.has(_id))
    const isWrong = (row: MentionDoc) => row.isOn && isUnread(row) && !rightIds.has(row._id)
    const wrong = rows.filter((row) => isWrong(row) && row.at <= began)
    for (const { _id, at } of wrong) await this.store.mentions.deleteOne({ _id, at })
    for (const { _id } of missing) await this.store.mentions.deleteOne({ _id, at: { $lte: began } })
    if (missing.length > 0) await insertMissing(this.store.mentions, missing)
    return [...wrong.map((row) => turned({ ...row, isOn: false })), ...missing.map(turned)]
  }

  /** What is read is not counted any more, and need not be kept. Nobody waits for it. */
  forgetRead({ userId, roomId, seq }: Cursor): void {
    this.forget({ userId, roomId, seq: { $lte: seq } })
  }

  /** Those who are out of the room begin anew when they come back. */
  forgetMembers(roomId: string, userIds: string[]): void {
    for (const userId of userIds) this.forget({ userId, roomId })
  }

  /** All of a room that goes away. */
  async forgetRoom(roomId: string): Promise<void> {
    await this.store.mentions.deleteMany(ofRoomMessages(roomId))
  }

  private forget(filter: object) {
    this.store.mentions
      .deleteMany(filter)
      .catch((err) => this.logger.warn({ err }, 'mentions that are read were not removed'))
  }
}
