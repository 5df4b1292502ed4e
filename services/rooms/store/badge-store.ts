import type { Input, Output } from '@chat/contract'
import type { PipelineStage } from 'mongoose'
import type { Models } from './models.ts'

type KnownSeqs = Input<'countBadges'>['lastSeqs']

/** How many messages users have not read in all of their rooms together. */
export class BadgeStore {
  private readonly members: Models['members']
  constructor({ members }: Models) {
    this.members = members
  }

  /**
   * One query for all users; it reads each room once, however many of them are in it.
   * @param lastSeqs last messages that this service may not have received yet
   */
  async count({ userIds, lastSeqs }: Input<'countBadges'>): Promise<Output<'countBadges'>> {
    const found = await this.members.aggregate<{ _id: string; unread: number }>(pipelineOf(userIds, lastSeqs))
    return { badges: found.map(({ _id, unread }) => ({ userId: _id, unread })) }
  }
}

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

const pipelineOf = (userIds: string[], known: KnownSeqs): PipelineStage[] => [
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
]
