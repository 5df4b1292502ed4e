import type { Message } from '@chat/contract'
import type { Database } from '@chat/service'
import type { Models } from './models.ts'

/** What a batch of messages changes in many memberships and rooms at once. */
export class MessageBatchStore {
  private readonly models: Models
  private readonly database: Database
  constructor(models: Models, database: Database) {
    this.models = models
    this.database = database
  }

  /** Moves cursors forward, never back. @param seqs by member id */
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
