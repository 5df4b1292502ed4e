import {
  type Erased,
  emptied,
  factWithout,
  isGone,
  type Message,
  messageWithout,
  type RoomFact,
  type RoomHappening,
  type WebhookType,
} from '@chat/contract'
import { type AnyEvent, eventId, type StreamEvent } from '@chat/service'

/** What is told of an event. */
export type Told = { type: WebhookType; data: object }
/** An event as webhooks tell it; `about` is what finds it when something of it has to go. */
export type Occurrence = Told & { eventId: string; roomId: string; at: string; about: string[] }

/** By what a kept delivery is found again. */
export const aboutUser = (userId: string) => `user:${userId}`
export const aboutRoom = (roomId: string) => `room:${roomId}`
export const aboutMessage = (messageId: string) => `message:${messageId}`
export const aboutQuote = (messageId: string) => `quote:${messageId}`

export const occurrenceOf = (event: AnyEvent): Occurrence =>
  event.kind === 'fact' ? ofFact(event.fact) : ofMessage(event)

function ofFact({ _id, roomId, at, type, data }: RoomFact): Occurrence {
  const userIds = 'userIds' in data ? data.userIds : []
  const by = 'by' in data && data.by !== null ? [data.by] : []
  const announcement = 'room' in data ? data.room.announcement : null
  const people = [...userIds, ...by, ...(announcement ? [announcement.author.authorId] : [])]
  const pinned = announcement?.messageId ? [aboutQuote(announcement.messageId)] : []
  const about = [aboutRoom(roomId), ...new Set(people.map(aboutUser)), ...pinned]
  return { eventId: _id, roomId, at, type, data, about }
}

function ofMessage(event: StreamEvent): Occurrence {
  const { message } = event
  const told = isGone(message) ? { ...message, ...emptied(message) } : message
  const { replyTo, mentions, author, roomId, status } = told
  const people = [author.authorId, ...mentions, ...(replyTo ? [replyTo.author.authorId] : [])]
  return {
    ...{ eventId: eventId(event), roomId, data: { message: told } },
    at: event.kind === 'message' ? message.createdAt : message.updatedAt,
    type:
      event.kind === 'message' ? 'message.created' : status.deleted ? 'message.deleted' : 'message.updated',
    about: [
      ...[aboutRoom(roomId), aboutMessage(message._id), ...new Set(people.map(aboutUser))],
      ...(replyTo ? [aboutQuote(replyTo.messageId)] : []),
    ],
  }
}

/** What is told without a person who was erased; null where nothing is left to tell. */
export function toldWithout<T extends Told>(told: T, erased: Erased): T | null {
  const { data } = told
  if ('message' in data)
    return { ...told, data: { message: messageWithout(data.message as Message, erased) } }
  return factWithout(told as T & RoomHappening, erased)
}
