import {
  anonymised,
  type Caller,
  type Erased,
  Fault,
  isNamesakeAmong,
  type Message,
  type MessageData,
  unmentioning,
} from '@chat/contract'
import type { Operation, Parts } from '../parts.ts'
import { requireRoom, requireVisible } from '../read/visible-message.ts'
import { resolveMentions, seesOnlyMasters } from '../send/mentions.ts'
import { type MessageDoc, statusOf } from '../send/message-doc.ts'
import { requireLength, requireMaster, requireMayDelete, requireMayWrite } from '../send/rules.ts'
import { screenFor } from '../words/word-filter.ts'
import { changeMessage, type Decision, type Place } from './message-change.ts'

/** Deletes the content for everybody, and for good. */
export const deleteMessage: Operation<'deleteMessage'> = async (parts, caller, place) => {
  using pass = await parts.access.enter(caller, place.roomId)
  const { access } = pass
  requireMayDelete(access)
  await changeMessage(parts, caller, place, (doc) => {
    if (doc.author.authorId !== caller.userId && !access.master) throw new Fault('FORBIDDEN')
    return deletion(doc)
  })
  return { result: true }
}

export const hideMessage: Operation<'hideMessage'> = async (parts, caller, { hidden, ...place }) => {
  using pass = await parts.access.enter(caller, place.roomId)
  const { access } = pass
  requireMaster(access)
  await changeMessage(parts, caller, place, (doc) => {
    const status = statusOf(requireVisible(doc, access))
    return status.hidden === hidden ? null : hiding(status, hidden)
  })
  return { result: true }
}

export const editMessage: Operation<'editMessage'> = async (parts, caller, { text, ...place }) => {
  using pass = await parts.access.enter(caller, place.roomId)
  const { access } = pass
  requireMayWrite(access)
  const screen = await screenFor(parts, place.roomId)
  const message = await changeMessage(parts, caller, place, async (doc) => {
    requireVisible(doc, access)
    if (doc.author.authorId !== caller.userId || doc.data.type !== 'TEXT') throw new Fault('FORBIDDEN')
    requireLength(text, parts.textLength)
    const screened = screen(text)
    if (doc.data.content.text === screened) return null
    const mentions = await resolveMentions(parts.bus, caller, {
      roomId: place.roomId,
      authorId: caller.userId,
      mentions: doc.mentions,
      text: screened,
      before: doc.data.content.text ?? '',
      onlyMasters: seesOnlyMasters(access),
    })
    return { kind: 'edit', becomes: { data: { type: 'TEXT', content: { text: screened } }, mentions } }
  })
  return { message }
}

/** For platforms: any author, whatever the room's rules. @throws ROOM_NO_EXISTS */
export const removeMessage: Operation<'removeMessage'> = async (parts, caller, place) => {
  await requireRoom(parts.bus, caller, place.roomId)
  await changeMessage(parts, caller, place, deletion)
  return { result: true }
}

/** For platforms: hides or shows a message, or sets a card's answer. @throws ROOM_NO_EXISTS, MESSAGE_NO_EXISTS */
export const updateMessage: Operation<'updateMessage'> = async (parts, caller, input) => {
  const { hidden, acceptedStatus, ...place } = input
  await requireRoom(parts.bus, caller, place.roomId)
  return changeMessage(parts, caller, place, (doc) => {
    const status = statusOf(requireVisible(doc, { master: true }))
    const data = acceptedStatus === undefined ? null : answered(doc, acceptedStatus)
    const answer = data && ({ kind: 'card', becomes: { data } } as const)
    if (hidden === undefined || hidden === status.hidden) return answer
    const { kind, becomes } = hiding(status, hidden)
    return { kind, becomes: { ...becomes, ...answer?.becomes } }
  })
}

/** Deletes the content and the author's name: the author is erased. */
export const eraseMessage = (parts: Parts, caller: Caller, place: Place) =>
  changeMessage(parts, caller, place, (doc) => ({
    kind: 'erase',
    becomes: { ...emptied(doc), ...anonymised({ _id: doc._id, status: statusOf(doc) }) },
  }))

/** Takes an erased user's mention and name out of the message, even if only an earlier text had them. */
export const unmention = (parts: Parts, caller: Caller, place: Place, erased: Erased) =>
  changeMessage(parts, caller, place, (doc) => unmentioned(doc, erased))

const emptied = (doc: MessageDoc): Partial<MessageDoc> => ({
  data: { type: doc.data.type, content: {} },
  replyTo: null,
  mentions: [],
  meta: null,
  status: { ...statusOf(doc), deleted: true },
})

const deletion = (doc: MessageDoc): Decision =>
  statusOf(doc).deleted ? null : { kind: 'delete', becomes: emptied(doc) }

const hiding = (status: Message['status'], hidden: boolean): NonNullable<Decision> => ({
  kind: hidden ? 'hide' : 'show',
  becomes: { status: { ...status, hidden } },
})

/** Null when the message is clean already, or when the name in it means somebody else. */
function unmentioned({ data, mentions = [] }: MessageDoc, erased: Erased): Decision {
  const becomes = unmentioning(data, mentions, erased)
  if (mentions.includes(erased.userId)) return { kind: 'unmention', becomes }
  const isSame = JSON.stringify(becomes.data) === JSON.stringify(data)
  return isSame || isNamesakeAmong(mentions, erased) ? null : { kind: 'unmention', becomes }
}

/** Null when the card has that answer already. @throws INVALID_REQUEST for a message that is no card */
function answered({ data }: MessageDoc, acceptedStatus: boolean): MessageData | null {
  const { rawData } = data.content
  if (data.type !== 'CARD' || !rawData)
    throw new Fault('INVALID_REQUEST', { message: 'Only a card has an acceptedStatus' })
  if (rawData.acceptedStatus === acceptedStatus) return null
  return { ...data, content: { ...data.content, rawData: { ...rawData, acceptedStatus } } }
}
