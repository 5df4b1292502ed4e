import type { Announcement, Message, RoomType } from '@chat/contract'
import { insertMissing } from '@chat/service'
import mongoose from 'mongoose'
import { type ClaimDoc, idsOf, type RoomDoc } from './documents.ts'
import type { Models, Transaction } from './models.ts'

export type ActiveRoom = Pick<RoomDoc, '_id' | 'activeAt'>
type Filter = { roomType?: RoomType | undefined; linkSid?: string | undefined; name?: RegExp }
type Derived = Pick<RoomDoc, 'lastSeq' | 'lastMessage'> & { lastGone: number; lastMention: number }

/** Later ids sort after earlier ones, to the second. */
export const newRoomId = () => new mongoose.Types.ObjectId().toHexString()

/** Rooms and their claims. Rooms that are being made or deleted are found only where it is said. */
export class RoomStore {
  private readonly rooms: Models['rooms']
  private readonly claims: Models['claims']
  constructor({ rooms, claims }: Models) {
    this.rooms = rooms
    this.claims = claims
  }

  get = (roomId: string, transaction?: Transaction): Promise<RoomDoc | null> =>
    this.rooms.findOne({ _id: roomId, ready: true }, null, { session: transaction ?? null }).lean()

  /** Ready or not. */
  getAny = (roomId: string): Promise<RoomDoc | null> => this.rooms.findById(roomId).lean()

  getMany = (roomIds: string[]): Promise<RoomDoc[]> =>
    this.rooms.find({ _id: { $in: roomIds }, ready: true }).lean()

  async pick<K extends keyof RoomDoc>(roomIds: string[], ...fields: K[]) {
    const found = await this.rooms.find({ _id: { $in: roomIds }, ready: true }, fields).lean<RoomDoc[]>()
    return new Map<string, Pick<RoomDoc, K>>(found.map((room) => [room._id, room]))
  }

  /** Those that show ordinary members only themselves and masters. */
  async closedAmong(roomIds: string[]): Promise<Set<string>> {
    const closed = { _id: { $in: roomIds }, 'rules.canShowMemberList': false }
    return new Set(idsOf(await this.rooms.find(closed, { _id: 1 }).lean()))
  }

  /** Of these rooms, those that match. `name` is a room's or its link's. */
  async activity(roomIds: string[], { roomType, linkSid, name }: Filter): Promise<ActiveRoom[]> {
    const matching = {
      _id: { $in: roomIds },
      ready: true,
      ...(roomType && { roomType }),
      ...(linkSid && { 'link.sid': linkSid }),
      ...(name && { $or: [{ name }, { 'link.name': name }] }),
    }
    return this.rooms.find(matching, { activeAt: 1 }).lean()
  }

  /** In the order of their ids, ready or not. */
  async idsAfter(after: string, limit: number, linkSid?: string): Promise<string[]> {
    const later = { _id: { $gt: after }, ...(linkSid !== undefined && { 'link.sid': linkSid }) }
    return idsOf(await this.rooms.find(later, { _id: 1 }).sort({ _id: 1 }).limit(limit).lean())
  }

  /** What rooms quote of messages, in the order of the rooms' ids, ready or not. */
  async quotesAfter(
    after: string,
    limit: number,
  ): Promise<Pick<RoomDoc, '_id' | 'lastMessage' | 'announcement'>[]> {
    const [later, fields] = [{ _id: { $gt: after } }, { lastMessage: 1, announcement: 1 } as const]
    return this.rooms.find(later, fields).sort({ _id: 1 }).limit(limit).lean()
  }

  count = (): Promise<number> => this.rooms.estimatedDocumentCount()

  async add(room: RoomDoc): Promise<void> {
    await insertMissing(this.rooms, [room])
  }

  /** @returns null if the room was ready already */
  async setReady(roomId: string, transaction: Transaction): Promise<RoomDoc | null> {
    const hidden = { _id: roomId, ready: false }
    return this.rooms.findOneAndUpdate(hidden, { $set: { ready: true } }, after(transaction)).lean()
  }

  async update(roomId: string, fields: Partial<RoomDoc>, transaction: Transaction): Promise<RoomDoc> {
    const changed = this.rooms.findOneAndUpdate({ _id: roomId }, { $set: fields }, after(transaction))
    return (await changed.lean()) as RoomDoc
  }

  /** @returns whether the room was there */
  async remove(roomId: string, session: Transaction): Promise<boolean> {
    return (await this.rooms.deleteOne({ _id: roomId }, { session })).deletedCount > 0
  }

  async raiseLastGone(roomId: string, lastGone: number): Promise<void> {
    await this.rooms.updateOne({ _id: roomId }, { $max: { lastGone } })
  }

  /** Sets what is derived from messages. @returns false if a message has arrived since `known` was read */
  async resetDerived(known: RoomDoc, { lastSeq, lastMessage, ...seqs }: Derived): Promise<boolean> {
    const lastUpdatedAt = known.lastMessage?.updatedAt ?? null
    const same = { _id: known._id, lastSeq: known.lastSeq, 'lastMessage.updatedAt': lastUpdatedAt }
    return (await this.rooms.updateOne(same, { $set: { lastSeq, lastMessage }, $max: seqs })).matchedCount > 0
  }

  async replaceLastMessage(message: Message): Promise<void> {
    const same = { _id: message.roomId, 'lastMessage._id': message._id }
    await this.rooms.updateOne(same, { $set: { lastMessage: message } })
  }

  async replaceAnnouncement(roomId: string, known: Announcement, next: Announcement | null): Promise<void> {
    const same = { _id: roomId, 'announcement.createdAt': known.createdAt }
    await this.rooms.updateOne(same, { $set: { announcement: next } })
  }

  /** Removes the announcement if it is of one of these messages. @returns whether it was */
  async removeAnnouncementOf(roomId: string, messageIds: string[]): Promise<boolean> {
    if (messageIds.length === 0) return false
    const quoting = { _id: roomId, 'announcement.messageId': { $in: messageIds } }
    return (await this.rooms.updateOne(quoting, { $set: { announcement: null } })).modifiedCount > 0
  }

  async requote(roomId: string, messageId: string, text: string): Promise<void> {
    const quoting = { _id: roomId, 'lastMessage.replyTo.messageId': messageId }
    await this.rooms.updateOne(quoting, { $set: { 'lastMessage.replyTo.text': text } })
  }

  claim = (key: string): Promise<ClaimDoc | null> => this.claims.findById(key).lean()

  /** The primary key decides a race. @returns the claim that holds the key, or null if the room does from now on */
  async takeClaim(key: string, roomId: string): Promise<ClaimDoc | null> {
    const holder = await this.claim(key)
    if (holder) return holder
    const taken = await insertMissing(this.claims, [{ _id: key, roomId, createdAt: new Date() }])
    return taken.length === 0 ? null : this.takeClaim(key, roomId)
  }

  async releaseClaim(key: string, roomId: string): Promise<void> {
    await this.claims.deleteOne({ _id: key, roomId })
  }
}

const after = (session: Transaction) => ({ session, returnDocument: 'after' }) as const
