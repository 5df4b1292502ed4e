import type { JoinUser, Message, Room } from '../schemas/entities.ts'

export type Reader = { master: boolean; blocked: ReadonlySet<string> }

/** Without `canShowMemberList`, members see only masters and themselves; masters see everybody. */
export const maySee = (
  rules: Pick<Room['rules'], 'canShowMemberList'>,
  viewer: Pick<JoinUser, '_id' | 'master'>,
  other: Pick<JoinUser, '_id' | 'master'>,
) => rules.canShowMemberList || viewer.master || other.master || other._id === viewer._id

/** Deleted or hidden: not counted as unread, and left out of search, gallery, exports and pushes. */
export const isGone = ({ status }: Pick<Message, 'status'>) => status.deleted || status.hidden

/** A message as one member sees it: only masters see hidden content, and blocked authors are marked. */
export function messageAsSeenBy(message: Message, { master, blocked }: Reader): Message {
  const isBlocked = blocked.has(message.author.authorId)
  const isEmptied = message.status.hidden && !master
  if (!isBlocked && !isEmptied) return message
  return { ...message, ...(isEmptied && emptied(message)), ...(isBlocked && { blocked: true }) }
}

export const emptied = (message: Message) => ({
  data: { type: message.data.type, content: {} },
  replyTo: null,
  mentions: [],
  meta: null,
})

/** The text that a quote of the message shows: its current text, or nothing if it is gone. */
export const quoteTextOf = (message: Pick<Message, 'status' | 'data'>) =>
  isGone(message) ? '' : (message.data.content.text ?? '')
