import { anonymous, type Caller, type Erased, mentionTextWithout } from '@chat/contract'
import { type Bus, chunksOf, writeEach } from '@chat/service'
import type { Model } from 'mongoose'
import type { ChangeDoc } from '../changes/change-store.ts'
import { asMentions, type MessageDoc } from '../send/message-doc.ts'
import { withIds } from '../send/room-ids.ts'

/** Rooms looked into at the same time. */
const BATCH = 16

type Place = Pick<MessageDoc, '_id' | 'roomId'>
type OldText = Required<Pick<ChangeDoc, '_id' | 'roomId' | 'messageId' | 'text' | 'mentions'>>

/**
 * Where messages and changes name a user. Except for what a user wrote in a room, these queries go through all rooms:
 * erasure needs them, and nothing else does.
 */
export class UserTraces {
  private readonly messages: Model<MessageDoc>
  private readonly changes: Model<ChangeDoc>
  constructor(messages: Model<MessageDoc>, changes: Model<ChangeDoc>) {
    this.messages = messages
    this.changes = changes
  }

  /**
   * The rooms in which a user has written, a page at a time. No index leads from a user to their messages, since every
   * insert would pay for it. So this looks into each room, which is rare and costs one index lookup.
   * @returns of the next rooms those in which they have written; `last`: go on after this room, null at the end
   */
  async roomsOf(bus: Bus, caller: Caller, authorId: string, after?: string) {
    const { roomIds: all } = await bus.ask('listRoomIds', caller, after === undefined ? {} : { after })
    const roomIds: string[] = []
    for (const batch of chunksOf(all, BATCH)) {
      const filters = batch.map((roomId) => ({ roomId, 'author.authorId': authorId }))
      const written = await Promise.all(filters.map((filter) => this.messages.exists(filter)))
      roomIds.push(...batch.filter((_, index) => written[index]))
    }
    return { roomIds, last: all.at(-1) ?? null }
  }

  /** Messages of a user in a room, in the order of their syncKeys. */
  writtenBy(roomId: string, authorId: string, after: string, limit: number): Promise<MessageDoc[]> {
    const filter = { roomId, 'author.authorId': authorId, syncKey: { $gt: after } }
    return this.messages.find(filter).sort({ syncKey: 1 }).limit(limit).lean<MessageDoc[]>()
  }

  quotesOf(authorId: string, limit: number): Promise<Place[]> {
    const filter = { 'replyTo.author.authorId': authorId }
    return this.messages.find(filter, { roomId: 1 }).limit(limit).lean<Place[]>()
  }

  /** Makes the quoted author of these replies anonymous. */
  async quoteNobody(messageIds: string[]) {
    const update = { $set: { 'replyTo.author': anonymous } }
    await this.messages.collection.updateMany(withIds(messageIds) as never, update)
  }

  mentionsOf(userId: string, limit: number): Promise<Place[]> {
    return this.messages.find({ mentions: userId }, { roomId: 1 }).limit(limit).lean<Place[]>()
  }

  oldTextsMentioning(userId: string, limit: number): Promise<OldText[]> {
    const fields = { roomId: 1, messageId: 1, text: 1, mentions: 1 }
    return this.changes.find({ mentions: userId }, fields).limit(limit).lean<OldText[]>()
  }

  /** Takes a user's name and mention out of these texts. */
  async cleanOldTexts(texts: OldText[], erased: Erased) {
    const writes = texts.map(({ _id, roomId, text, mentions }) => {
      const rest = mentions.filter((id) => id !== erased.userId)
      const update = {
        $set: { text: mentionTextWithout(text, mentions, erased), ...asMentions(rest) },
        ...(rest.length === 0 && { $unset: { mentions: 1 } }),
      }
      // Matches nothing when the message was deleted meanwhile: its texts are gone.
      return { updateOne: { filter: { _id, roomId, mentions: erased.userId } as never, update } }
    })
    if (writes.length > 0) await writeEach(this.changes, writes as never)
  }

  /** Makes a user anonymous in what they changed, and takes them off the lists of those mentioned. */
  async forgetInChanges(userId: string) {
    await this.changes.collection.updateMany({ mentioned: userId }, { $pull: { mentioned: userId as never } })
    await this.changes.updateMany({ by: userId }, { $set: { by: anonymous.authorId } })
  }
}
