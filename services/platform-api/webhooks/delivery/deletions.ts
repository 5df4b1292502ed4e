import { emptied, type Message } from '@chat/contract'
import { aboutMessage, aboutQuote, aboutRoom } from '../events/webhook-event.ts'
import type { DeliveryModel } from './delivery-store.ts'

/** Deletes deliveries about deleted rooms, except those of the deletions. */
export async function deleteRooms(model: DeliveryModel, roomIds: string[]) {
  if (roomIds.length === 0) return
  await model.deleteMany({ about: { $in: roomIds.map(aboutRoom) }, type: { $ne: 'room.deleted' } })
}

/** Empties deleted and hidden messages in deliveries, and quotes of them. */
export async function emptyMessages(model: DeliveryModel, messages: Message[]) {
  for (const message of messages) {
    const fields = Object.entries(emptied(message))
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
