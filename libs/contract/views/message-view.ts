import type { JoinUser, Message, Room } from '../schemas/entities.ts'

/** What decides how a message looks to someone. */
export type Reader = { master: boolean; blocked: ReadonlySet<string> }

/** Without `canShowMemberList` only masters see members who are neither masters nor themselves. */
export const maySee = (
  rules: Pick<Room['rules'], 'canShowMemberList'>,
  viewer: Pick<JoinUser, '_id' | 'master'>,
  other: Pick<JoinUser, '_id' | 'master'>,
) => rules.canShowMemberList || viewer.master || other.master || other._id === viewer._id

/** Neither counted as unread nor found by search, gallery, export or push. */
export const isGone = ({ status }: Pick<Message, 'status'>) => status.deleted || status.hidden

/** A message as one member sees it: hidden content is for masters alone, and blocked authors are marked. */
export function messageAsSeenBy(message: Message, { master, blocked }: Reader): Message {
  const isBlocked = blocked.has(message.author.authorId)
  const isEmptied = message.status.hidden && !master
  if (!isBlocked && !isEmptied) return message
  return { ...message, ...(isEmptied && emptied(message)), ...(isBlocked && { blocked: true }) }
}

/** What is left of a message whose content is not to be seen. */
export const emptied = (message: Message) => ({
  data: { type: message.data.type, content: {} },
  replyTo: null,
  mentions: [],
  meta: null,
})

/** What a quote of it says: its text as it is now, and nothing of what is gone. */
export const quoteTextOf = (message: Pick<Message, 'status' | 'data'>) =>
  isGone(message) ? '' : (message.data.content.text ?? '')
