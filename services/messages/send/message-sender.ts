import type { Caller, Input, MessageData } from '@chat/contract'
import type { Operation, Parts } from '../parts.ts'
import { findMessage } from '../read/visible-message.ts'
import { screenMessage } from '../words/word-filter.ts'
import type { Access } from './access-cache.ts'
import { resolveMentions, seesOnlyMasters } from './mentions.ts'
import { asMentions, newDraft, quoteOf } from './message-doc.ts'
import type { MessageStore } from './message-store.ts'
import { requireLength, requireMayWrite } from './rules.ts'

type Place = { roomId: string; syncKey: string }

/** Stores a member's message. */
export const sendMessage: Operation<'sendMessage'> = async (parts, caller, input) => {
  const { access, groupCommit, presenter } = parts
  using pass = await access.enter(caller, input.roomId)
  const committed = await groupCommit.commitOrRepeat(input, caller.userId, () =>
    compose(parts, caller, pass.access, input),
  )
  return { result: true, message: await presenter.committed(caller, committed, pass.access) }
}

/** Stores the message of an uploaded file. */
export const postFile: Operation<'postFile'> = async (parts, caller, input) => {
  const { access, groupCommit, presenter } = parts
  const { type, file, ...place } = input
  using pass = await access.enter(caller, place.roomId)
  const committed = await groupCommit.commitOrRepeat(place, caller.userId, async () => {
    requireMayWrite(pass.access)
    const data = await screenMessage(parts, place.roomId, { type, content: { files: [file] } })
    return draftOf(place, pass.access, data)
  })
  return { message: await presenter.committed(caller, committed, pass.access) }
}

/** @throws as sending would: ROOM_NO_EXISTS, USER_IS_MUTED, ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED */
export const mayPost: Operation<'mayPost'> = async ({ access }, caller, roomId) => {
  using pass = await access.enter(caller, roomId)
  requireMayWrite(pass.access)
  return { result: true }
}

/** The message that the caller has stored under a syncKey. */
export const messageBySyncKey: Operation<'messageBySyncKey'> = async (parts, caller, place) => {
  const { access, groupCommit, presenter } = parts
  using pass = await access.enter(caller, place.roomId)
  const repeat = await groupCommit.findRepeat(place, caller.userId)
  return { message: repeat && (await presenter.committed(caller, repeat, pass.access)) }
}

async function compose(parts: Parts, caller: Caller, access: Access, input: Input<'sendMessage'>) {
  const { roomId, data, replyTo, meta = null } = input
  requireMayWrite(access)
  const text = typeof data.content === 'string' ? data.content : data.content.text
  requireLength(text, parts.textLength)
  const quote = replyTo === undefined ? null : await quoteFor(parts.store, { roomId, messageId: replyTo })
  const mentions = await resolveMentions(parts.bus, caller, {
    roomId,
    authorId: caller.userId,
    text,
    mentions: input.mentions,
    onlyMasters: seesOnlyMasters(access),
  })
  const screened = await screenMessage(parts, roomId, { type: data.type, content: { text } })
  return { ...draftOf(input, access, screened), replyTo: quote, meta, ...asMentions(mentions) }
}

export const draftOf = ({ roomId, syncKey }: Place, { author, memberCount }: Access, data: MessageData) =>
  newDraft({ roomId, syncKey, author, data, audience: memberCount - 1 })

async function quoteFor(store: MessageStore, place: { roomId: string; messageId: string }) {
  const quoted = await findMessage(store, place)
  return { messageId: quoted._id, author: quoted.author, text: quoteOf(quoted) }
}
