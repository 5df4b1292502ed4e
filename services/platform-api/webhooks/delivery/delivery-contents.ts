import { emptied, type Message } from '@chat/contract'
import { aboutMessage, aboutQuote, aboutRoom, aboutUser } from '../events/webhook-event.ts'
import type { DeliveryDoc, DeliveryModel } from './delivery-doc.ts'

// Stored deliveries must not outlive what they are about: deleted messages, deleted rooms, erased people.

/** Deletes what is stored about deleted rooms, except the event of the deletion. */
export async function deleteRooms(model: DeliveryModel, roomIds: string[]) {
  if (roomIds.length === 0) return
  await model.deleteMany({ about: { $in: roomIds.map(aboutRoom) }, type: { $ne: 'room.deleted' } })
}

/** Empties messages that are gone, and quotes of them. */
export async function emptyMessages(model: DeliveryModel, messages: Message[]) {
  for (const message of messages) {
    const { data, replyTo, mentions, meta } = emptied(message)
    const fields = Object.entries({ data, replyTo, mentions, meta })
    const content = fields.map(([field, value]) => [`data.message.${field}`, value] as const)
    // A hidden message may have been shown again since.
    const own = { about: aboutMessage(message._id), 'data.message.updatedAt': { $lte: message.updatedAt } }
    await model.updateMany(own, { $set: Object.fromEntries(content) })
    const about = aboutQuote(message._id)
    const reply = { about, 'data.message.replyTo.messageId': message._id }
    await model.updateMany(reply, { $set: { 'data.message.replyTo.text': '' } })
    const announcement = { about, 'data.room.announcement.messageId': message._id }
    await model.updateMany(announcement, { $set: { 'data.room.announcement': null } })
  }
}

/** What names a user, in the order of the ids. */
export const namingUser = (
  model: DeliveryModel,
  userId: string,
  after: string,
  limit: number,
): Promise<DeliveryDoc[]> =>
  model
    .find({ about: aboutUser(userId), _id: { $gt: after } })
    .sort({ _id: 1 })
    .limit(limit)
    .lean()

/** What quotes one of the messages, or announces it. */
export const quotingMessages = (model: DeliveryModel, messageIds: string[]): Promise<DeliveryDoc[]> =>
  model.find({ about: { $in: messageIds.map(aboutQuote) } }).lean()

/** Replaces the content by one that does not name the user; null deletes the delivery. */
export async function replaceContent(
  model: DeliveryModel,
  { _id }: DeliveryDoc,
  data: object | null,
  userId: string,
) {
  if (data === null) await model.deleteOne({ _id })
  else await model.updateOne({ _id }, { $set: { data }, $pull: { about: aboutUser(userId) } })
}
