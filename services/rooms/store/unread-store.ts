import type { Input, Message, Output } from '@chat/contract'
import { type Database, insertMissing } from '@chat/service'
import type { PipelineStage } from 'mongoose'
import type { Mark, MemberDoc, UncountedDoc } from './documents.ts'
import type { Models } from './models.ts'

type KnownSeqs = Input<'countBadges'>['lastSeqs']

/** What unread counts derive from: cursors, last messages, and the uncounted messages (collection `gone`). */
export class UnreadStore {
  private readonly models: Models
  private readonly database: Database
  constructor(models: Models, database: Database) {
    this.models = models
    this.database = database
  }

  /** Never moves it back. @returns where it was */
  async moveCursor({ _id, readSeq }: MemberDoc, seq: number): Promise<number> {
    const behind = { _id, readSeq: { $lt: seq } }
    const before = await this.models.members.findOneAndUpdate(behind, { $set: { readSeq: seq } }).lean()
    return before?.readSeq ?? Math.max(readSeq, seq)
  }

  /** Moves many cursors forward, never back. @param seqs by member id */
  async moveCursors(seqs: Map<string, number>): Promise<void> {
    await this.database.updateEach(this.models.members, [...seqs], (seq) => [
      { $set: { readSeq: { $max: ['$readSeq', seq] } } },
    ])
  }

  /** Sets each room's last message if it, or its state, is newer than the stored one. */
  async takeLastMessages(messages: Message[], lastMentions: ReadonlyMap<string, number>): Promise<void> {
    const news = messages.map((message): [string, object] => [
      message.roomId,
      {
        lastSeq: message.seq,
        lastMessage: message,
        activeAt: new Date(message.createdAt),
        lastMention: lastMentions.get(message.roomId) ?? 0,
      },
    ])
    await this.database.updateEach(this.models.rooms, news, (value) => [
      { $set: { news: value } },
      { $set: { isNewer } },
      {
        $set: {
          lastSeq: newer('lastSeq'),
          lastMessage: newer('lastMessage'),
          activeAt: newer('activeAt'),
          lastMention: { $max: ['$lastMention', '$news.lastMention'] },
        },
      },
      { $unset: ['news', 'isNewer'] },
    ])
  }

  uncounted = (roomId: string): Promise<UncountedDoc | null> => this.models.uncounted.findById(roomId).lean()

  /** The marks of these rooms, ascending by seq. Rooms without any are left out. */
  async marksOf(roomIds: string[]): Promise<Map<string, Mark[]>> {
    if (roomIds.length === 0) return new Map()
    const found = await this.models.uncounted.find({ _id: { $in: roomIds } }).lean()
    return new Map(found.map(({ _id, marks }) => [_id, marks]))
  }

  /** @returns false if somebody else has written since `known` was read */
  async writeMarks(roomId: string, known: UncountedDoc | null, marks: Mark[]): Promise<boolean> {
    const { uncounted } = this.models
    const version = (known?.version ?? 0) + 1
    if (!known) return (await insertMissing(uncounted, [{ _id: roomId, version, marks }])).length === 0
    const same = { _id: roomId, version: known.version }
    return (await uncounted.updateOne(same, { $set: { marks, version } })).matchedCount > 0
  }

  async removeMarks(roomId: string): Promise<void> {
    await this.models.uncounted.deleteOne({ _id: roomId })
  }

  /** One query for all users. @param lastSeqs last messages that this service may not have received yet */
  async countBadges({ userIds, lastSeqs }: Input<'countBadges'>): Promise<Output<'countBadges'>> {
    return { badges: await this.models.members.aggregate(badgesOf(userIds, lastSeqs)) }
  }
}

const isNewer = {
  $or: [
    { $gt: ['$news.lastSeq', '$lastSeq'] },
    {
      $and: [
        { $eq: ['$news.lastSeq', '$lastSeq'] },
        { $gt: ['$news.lastMessage.updatedAt', '$lastMessage.updatedAt'] },
      ],
    },
  ],
}

const newer = (field: string) => ({ $cond: ['$isNewer', `$news.${field}`, `$${field}`] })

const knownSeq = (known: KnownSeqs) => ({
  $let: {
    vars: { at: { $indexOfArray: [{ $literal: known.map(({ roomId }) => roomId) }, '$_id'] } },
    in: {
      $cond: [
        { $gte: ['$$at', 0] },
        { $arrayElemAt: [{ $literal: known.map(({ seq }) => seq) }, '$$at'] },
        0,
      ],
    },
  },
})

/** The uncounted messages above a cursor and up to the last message. */
const uncountedAbove = {
  $size: {
    $filter: {
      input: '$marks',
      as: 'mark',
      cond: {
        $and: [
          { $eq: ['$$mark.isGone', true] },
          { $gt: ['$$mark.seq', '$cursors.readSeq'] },
          { $lte: ['$$mark.seq', '$lastSeq'] },
        ],
      },
    },
  },
}

const badgesOf = (userIds: string[], known: KnownSeqs): PipelineStage[] => [
  { $match: { userId: { $in: userIds } } },
  { $group: { _id: '$roomId', cursors: { $push: { userId: '$userId', readSeq: '$readSeq' } } } },
  { $lookup: { from: 'rooms', localField: '_id', foreignField: '_id', as: 'room' } },
  { $unwind: '$room' },
  { $match: { 'room.ready': true } },
  { $lookup: { from: 'gone', localField: '_id', foreignField: '_id', as: 'gone' } },
  { $unwind: { path: '$gone', preserveNullAndEmptyArrays: true } },
  {
    $project: {
      cursors: 1,
      lastSeq: { $max: ['$room.lastSeq', knownSeq(known)] },
      marks: { $ifNull: ['$gone.marks', []] },
    },
  },
  { $unwind: '$cursors' },
  {
    $project: {
      userId: '$cursors.userId',
      unread: {
        $max: [0, { $subtract: [{ $subtract: ['$lastSeq', '$cursors.readSeq'] }, uncountedAbove] }],
      },
    },
  },
  { $group: { _id: '$userId', unread: { $sum: '$unread' } } },
  { $project: { _id: 0, userId: '$_id', unread: 1 } },
]
