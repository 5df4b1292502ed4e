import { type Caller, defaultName, Fault, type Input, type MessageData, type Output } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Operation, Parts } from '../parts.ts'
import { screenMessage } from '../words/word-filter.ts'
import type { Access } from './access-cache.ts'
import { resolveMentions } from './mentions.ts'
import { asMentions, newDraft, presentMessage } from './message-doc.ts'
import { requireLength } from './rules.ts'

/** Stores the message that a room begins with. A repeat answers with the same one. */
export const postFirstMessage: Operation<'postFirstMessage'> = async (
  parts,
  caller,
  { roomId, author, type, text, audience },
) => {
  requireLength(text, parts.textLength)
  const mentions = await resolveMentions(parts.bus, caller, { roomId, authorId: author.authorId, text })
  const data = { type, content: { text } }
  const draft = { roomId, syncKey: `first:${roomId}`, author, data, audience, ...asMentions(mentions) }
  const { doc } = await parts.groupCommit.commit(newDraft(draft))
  return { message: presentMessage(doc) }
}

/** Stores a message that a platform writes in anybody's name. */
export const postMessage: Operation<'postMessage'> = async (parts, caller, input) => {
  const { bus, groupCommit } = parts
  const data = requireFitting(input.data)
  const room = await bus.ask('roomFacts', caller, input.roomId)
  const { doc } = await groupCommit.commitOrRepeat(input, input.author.authorId, () =>
    compose(parts, caller, room, { ...input, data }),
  )
  return { message: presentMessage(doc) }
}

type Posting = Omit<Input<'postMessage'>, 'data'> & { data: MessageData }
async function compose(parts: Parts, caller: Caller, room: Output<'roomFacts'>, posting: Posting) {
  const { bus, textLength } = parts
  const { roomId, syncKey, meta = null } = posting
  const { authorId, ...named } = posting.author
  if (room.isFrozen) throw new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
  requireLength(textOf(posting.data), textLength)
  const data = await screenMessage(parts, roomId, posting.data)
  const member = await findMember(bus, caller, roomId, authorId)
  const known = member?.author ?? { nickName: defaultName(authorId), profileUrl: null }
  const question = { roomId, authorId, text: textOf(data), mentions: posting.mentions }
  const mentions = await resolveMentions(bus, caller, question)
  const author = { ...known, ...named, authorId }
  const audience = room.memberCount - (member ? 1 : 0)
  return newDraft({ roomId, syncKey, author, data, meta, audience, ...asMentions(mentions) })
}

/** Null for an author who is not a member: a platform writes in anybody's name. */
const findMember = (bus: Bus, caller: Caller, roomId: string, userId: string): Promise<Access | null> =>
  bus.ask('roomAccess', caller, { roomId, userId }).catch((error) => {
    if (error instanceof Fault && error.code === 'ROOM_NO_EXISTS') return null
    throw error
  })

const textOf = ({ content }: MessageData) => content.text ?? content.rawData?.text ?? ''

/** The part of the content that belongs to the type. @throws INVALID_REQUEST when it is missing */
function requireFitting({ type, content: { text, rawData } }: Input<'postMessage'>['data']): MessageData {
  if (type === 'CARD' && rawData) return { type, content: { rawData } }
  if (type !== 'CARD' && text) return { type, content: { text } }
  throw new Fault('INVALID_REQUEST', { message: `The content does not fit the type ${type}` })
}
