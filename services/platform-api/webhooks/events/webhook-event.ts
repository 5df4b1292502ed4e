import {
  activityWithout,
  type Erased,
  emptied,
  isGone,
  type Message,
  messageWithout,
  type RoomActivity,
  type RoomActivityEvent,
  type WebhookType,
} from '@chat/contract'
import { type AnyEvent, eventId, type StreamEvent } from '@chat/service'

type Content = { type: WebhookType; data: object }
/** An event as webhooks receive it. `about` names what it tells of: rooms, users, messages and quoted messages. */
export type WebhookEvent = Content & { eventId: string; roomId: string; at: string; about: string[] }

export const aboutUser = (userId: string) => `user:${userId}`
export const aboutRoom = (roomId: string) => `room:${roomId}`
export const aboutMessage = (messageId: string) => `message:${messageId}`
export const aboutQuote = (messageId: string) => `quote:${messageId}`

export const webhookEventOf = (event: AnyEvent): WebhookEvent =>
  event.kind === 'fact' ? ofActivity(event.fact) : ofMessage(event)

function ofActivity({ _id, roomId, at, type, data }: RoomActivityEvent): WebhookEvent {
  const userIds = 'userIds' in data ? data.userIds : []
  const by = 'by' in data && data.by !== null ? [data.by] : []
  const announcement = 'room' in data ? data.room.announcement : null
  const users = [...userIds, ...by, ...(announcement ? [announcement.author.authorId] : [])]
  const quotes = announcement?.messageId ? [aboutQuote(announcement.messageId)] : []
  const about = [aboutRoom(roomId), ...new Set(users.map(aboutUser)), ...quotes]
  return { eventId: _id, roomId, at, type, data, about }
}

function ofMessage(event: StreamEvent): WebhookEvent {
  const isNew = event.kind === 'message'
  const message = isGone(event.message) ? { ...event.message, ...emptied(event.message) } : event.message
  const { _id, replyTo, mentions, author, roomId, status } = message
  const users = [author.authorId, ...mentions, ...(replyTo ? [replyTo.author.authorId] : [])]
  const quotes = replyTo ? [aboutQuote(replyTo.messageId)] : []
  return {
    eventId: eventId(event),
    roomId,
    at: isNew ? message.createdAt : message.updatedAt,
    type: isNew ? 'message.created' : status.deleted ? 'message.deleted' : 'message.updated',
    data: { message },
    about: [aboutRoom(roomId), aboutMessage(_id), ...new Set(users.map(aboutUser)), ...quotes],
  }
}

/** @returns the content without an erased user; null where nothing else is in it */
export function withoutUser<T extends Content>(content: T, erased: Erased): T | null {
  const { data } = content
  if ('message' in data)
    return { ...content, data: { message: messageWithout(data.message as Message, erased) } }
  return activityWithout(content as T & RoomActivity, erased)
}
