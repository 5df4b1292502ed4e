import type { Input, Output } from '@chat/contract'
import type { PipelineStage } from 'mongoose'
import type { RoomStore } from '../store/store.ts'

type Badge = Output<'countBadges'>['badges'][number]
type Known = Input<'countBadges'>['lastSeqs']

/** In a pipeline: how far a room is known to be that rooms may not have heard of yet. */
const knownSeq = (known: Known) => ({
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

/** In a pipeline: marks above a cursor and up to the last message that count for nobody. */
const goneAbove = {
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

/** Each room is looked at once, however many of the users are in it. */
const pipelineOf = (userIds: string[], known: Known): PipelineStage[] => [
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
        $max: [0, { $subtract: [{ $subtract: ['$lastSeq', '$cursors.readSeq'] }, goneAbove] }],
      },
    },
  },
  { $group: { _id: '$userId', unread: { $sum: '$unread' } } },
]

/** What a user has not read in all of their rooms: the same count as each room's, in one aggregate for many users. */
export async function countBadges(
  store: RoomStore,
  { userIds, lastSeqs }: Input<'countBadges'>,
): Promise<Badge[]> {
  const found = await store.members.aggregate<{ _id: string; unread: number }>(pipelineOf(userIds, lastSeqs))
  return found.map(({ _id, unread }) => ({ userId: _id, unread }))
}
