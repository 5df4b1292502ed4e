import type { Message } from '@chat/contract'

/** A part of a room's messages without gaps, oldest first, and whether there are more before and after it. */
export type MessageWindow = { messages: readonly Message[]; hasBefore: boolean; hasAfter: boolean }
type Page = { list: Message[]; hasMoreBefore: boolean; hasMoreAfter: boolean }

export const emptyWindow: MessageWindow = { messages: [], hasBefore: false, hasAfter: false }

export const firstOf = ({ messages }: MessageWindow) => messages[0]
export const lastOf = ({ messages }: MessageWindow) => messages.at(-1)

export const windowOf = ({ list, hasMoreBefore, hasMoreAfter }: Page): MessageWindow => ({
  messages: list,
  hasBefore: hasMoreBefore,
  hasAfter: hasMoreAfter,
})

const latest = (incoming: Message, known: Message | undefined) =>
  known && known.updatedAt > incoming.updatedAt ? known : incoming

/** Joins a page that touches the window; a page that does not touch it replaces the window. */
export function joinPage(window: MessageWindow, page: Page): MessageWindow {
  const [first, last] = [firstOf(window), lastOf(window)]
  const [pageFirst, pageLast] = [page.list[0], page.list.at(-1)]
  if (!first || !last || !pageFirst || !pageLast)
    return pageFirst ? windowOf(page) : withoutMore(window, page)
  const touches = pageFirst.seq <= last.seq + 1 && pageLast.seq >= first.seq - 1
  if (!touches) return windowOf(page)
  const bySeq = new Map(window.messages.map((message) => [message.seq, message]))
  for (const message of page.list) bySeq.set(message.seq, latest(message, bySeq.get(message.seq)))
  return {
    messages: [...bySeq.values()].sort((a, b) => a.seq - b.seq),
    hasBefore: pageFirst.seq <= first.seq ? page.hasMoreBefore : window.hasBefore,
    hasAfter: pageLast.seq >= last.seq ? page.hasMoreAfter : window.hasAfter,
  }
}

/** An empty page says that there is nothing more on the side it was requested for. */
const withoutMore = (window: MessageWindow, page: Page): MessageWindow => ({
  ...window,
  hasBefore: window.hasBefore && page.hasMoreBefore,
  hasAfter: window.hasAfter && page.hasMoreAfter,
})

/** A live message: the next one, or a later state of a message in the window. */
export function takeMessage(window: MessageWindow, message: Message): MessageWindow {
  const last = lastOf(window)
  if (last && message.seq <= last.seq) return reviseMessage(window, message)
  const isNext = !window.hasAfter && (!last || message.seq === last.seq + 1)
  if (isNext) return { ...window, messages: [...window.messages, message] }
  return { ...window, hasAfter: true }
}

/** A later state of a message; messages that quote it change too. */
export function reviseMessage(window: MessageWindow, message: Message): MessageWindow {
  const isGone = message.status.deleted || message.status.hidden
  const quote = isGone ? '' : (message.data.content.text ?? '')
  const messages = window.messages.map((one) => {
    if (one.seq === message.seq) return latest(message, one)
    if (one.replyTo?.messageId !== message._id || one.replyTo.text === quote) return one
    return { ...one, replyTo: { ...one.replyTo, text: quote } }
  })
  return { ...window, messages }
}

export type Reading = { userId: string; fromSeq: number; seq: number }

/** A member has read a range: the unread counts of the others' messages in it fall by one. */
export function readMessages(window: MessageWindow, { userId, fromSeq, seq }: Reading): MessageWindow {
  const isRead = (message: Message) =>
    message.seq > fromSeq && message.seq <= seq && message.author.authorId !== userId
  if (!window.messages.some(isRead)) return window
  const messages = window.messages.map((message) =>
    isRead(message) ? { ...message, unReadUserCount: Math.max(0, message.unReadUserCount - 1) } : message,
  )
  return { ...window, messages }
}
