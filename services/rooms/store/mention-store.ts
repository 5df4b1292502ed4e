import { insertMissing, writeEach } from '@chat/service'
import type { MentionDoc } from './documents.ts'
import type { Models } from './models.ts'

export type MentionMark = Pick<MentionDoc, 'seq' | 'at'>

/** Nobody counts further, and a user who is mentioned very often must still be able to connect. */
const MAX_COUNTED = 1_000

/** One row for each mention that may be unread. */
export class MentionStore {
  private readonly mentions: Models['mentions']
  constructor({ mentions }: Models) {
    this.mentions = mentions
  }

  async addMissing(rows: MentionDoc[]): Promise<void> {
    if (rows.length > 0) await insertMissing(this.mentions, rows)
  }

  async putLater(rows: MentionDoc[]): Promise<void> {
    await writeEach(
      this.mentions,
      rows.map(({ _id, ...row }) => ({
        updateOne: {
          // If the stored state is later the upsert finds the key taken, and writes nothing.
          filter: { _id: _id as never, at: { $lt: row.at } },
          update: { $set: row },
          upsert: true,
        },
      })),
    )
  }

  ofMessage = (messageId: string): Promise<MentionDoc[]> =>
    this.mentions.find({ _id: { $gt: `${messageId}:`, $lt: `${messageId};` } }).lean()

  ofRoom = (roomId: string): Promise<MentionDoc[]> => this.mentions.find(inMessagesOf(roomId)).lean()

  /** A user's mentions that may be unread, by room, up to a thousand a room. */
  async ofUser(userId: string): Promise<Map<string, MentionMark[]>> {
    const found = await this.mentions.aggregate<{ _id: string; marks: MentionMark[] }>([
      { $match: { userId, isOn: true } },
      { $group: { _id: '$roomId', marks: { $push: { seq: '$seq', at: '$at' } } } },
      { $project: { marks: { $slice: ['$marks', MAX_COUNTED] } } },
    ])
    return new Map(found.map(({ _id, marks }) => [_id, marks]))
  }

  /** Removes a row unless a later message state has written it. */
  async removeUpTo({ _id, at }: Pick<MentionDoc, '_id' | 'at'>): Promise<void> {
    await this.mentions.deleteOne({ _id, at: { $lte: at } })
  }

  /** Removes a user's mentions of a room, up to `readSeq` if there is one. */
  async removeRead(userId: string, roomId: string, readSeq?: number): Promise<void> {
    await this.mentions.deleteMany({
      userId,
      roomId,
      ...(readSeq !== undefined && { seq: { $lte: readSeq } }),
    })
  }

  async removeUser(userId: string): Promise<void> {
    await this.mentions.deleteMany({ userId })
  }

  async removeRoom(roomId: string): Promise<void> {
    await this.mentions.deleteMany(inMessagesOf(roomId))
  }
}

const inMessagesOf = (roomId: string) => ({ _id: { $gt: `${roomId}-`, $lt: `${roomId}.` } })
