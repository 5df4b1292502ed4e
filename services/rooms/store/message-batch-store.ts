import type { Message } from '@chat/contract'
import { chunks } from './chunks.ts'
import type { Models } from './models.ts'

/** What a batch of messages changes in many rooms and memberships at once. */
export class MessageBatchStore {
  private readonly models: Models
  constructor(models: Models) {
    this.models = models
  }

  /**
   * Moves many cursors forward, never back. One update for all of them: a value per document costs the store a
   * commit each when written as a bulk of updates.
   * @param seqs by member id
   */
  async moveCursors(seqs: Map<string, number>): Promise<void> {
    for (const some of chunks([...seqs])) {
      await this.models.members.collection.updateMany({ _id: { $in: some.map(([id]) => id) as never[] } }, [
        { $set: { readSeq: { $max: ['$readSeq', valueById(some)] } } },
      ])
    }
  }

  /** Sets the last message of many rooms where it, or its state, is newer than the stored one; one update likewise. */
  async takeLastMessages(messages: Message[], lastMentions: ReadonlyMap<string, number>): Promise<void> {
    for (const some of chunks(messages)) {
      const news = some.map((message): [string, unknown] => [
        message.roomId,
        {
          lastSeq: message.seq,
          lastMessage: message,
          activeAt: new Date(message.createdAt),
          lastMention: lastMentions.get(message.roomId) ?? 0,
        },
      ])
      await this.models.rooms.collection.updateMany({ _id: { $in: news.map(([id]) => id) as never[] } }, [
        { $set: { news: valueById(news) } },
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

/** The value whose id is the document's. */
const valueById = (entries: [string, unknown][]) => ({
  $arrayElemAt: [
    { $literal: entries.map(([, value]) => value) },
    { $indexOfArray: [{ $literal: entries.map(([id]) => id) }, '$_id'] },
  ],
})
