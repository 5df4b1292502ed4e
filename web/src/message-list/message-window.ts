import type { Message } from '@chat/contract'

/** A piece of a room's messages without a gap, oldest first, and whether there is more on either side. */
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

const latest = (coming: Message, held: Message | undefined) =>
  held && held.updatedAt > coming.updatedAt ? held : coming

/** What is held and a page, as one where they touch; where they do not, the page alone. */
export function joinPage(held: MessageWindow, page: Page): MessageWindow {
  const [first, last] = [firstOf(held), lastOf(held)]
  const [pageFirst, pageLast] = [page.list[0], page.list.at(-1)]
  if (!first || !last || !pageFirst || !pageLast) return pageFirst ? windowOf(page) : ended(held, page)
  const touches = pageFirst.seq <= last.seq + 1 && pageLast.seq >= first.seq - 1
  if (!touches) return windowOf(page)
  const bySeq = new Map(held.messages.map((message) => [message.seq, message]))
  for (const message of page.list) bySeq.set(message.seq, latest(message, bySeq.get(message.seq)))
  return {
    messages: [...bySeq.values()].sort((a, b) => a.seq - b.seq),
    hasBefore: pageFirst.seq <= first.seq ? page.hasMoreBefore : held.hasBefore,
    hasAfter: pageLast.seq >= last.seq ? page.hasMoreAfter : held.hasAfter,
  }
}

/** An empty page tells that there is nothing more on the side it was asked for. */
const ended = (held: MessageWindow, page: Page): MessageWindow => ({
  ...held,
  hasBefore: held.hasBefore && page.hasMoreBefore,
  hasAfter: held.hasAfter && page.hasMoreAfter,
})

/** A message as it happens: the next one, or a later state of one that is there. */
export function takeMessage(held: MessageWindow, message: Message): MessageWindow {
  const last = lastOf(held)
  if (last && message.seq <= last.seq) return reviseMessage(held, message)
  const isNext = !held.hasAfter && (!last || message.seq === last.seq + 1)
  if (isNext) return { ...held, messages: [...held.messages, message] }
  return { ...held, hasAfter: true }
}

/** A later state of a message, which those that quote it show too. */
export function reviseMessage(held: MessageWindow, message: Message): MessageWindow {
  const isGone = message.status.deleted || message.status.hidden
  const quote = isGone ? '' : (message.data.content.text ?? '')
  const messages = held.messages.map((one) => {
    if (one.seq === message.seq) return latest(message, one)
    if (one.replyTo?.messageId !== message._id || one.replyTo.text === quote) return one
    return { ...one, replyTo: { ...one.replyTo, text: quote } }
  })
  return { ...held, messages }
}

export type Reading = { userId: string; fromSeq: number; seq: number }

/** Somebody has read from one message to another: of those between, others than their own have one reader more. */
export function readMessages(held: MessageWindow, { userId, fromSeq, seq }: Reading): MessageWindow {
  const isRead = (message: Message) =>
    message.seq > fromSeq && message.seq <= seq && message.author.authorId !== userId
  if (!held.messages.some(isRead)) return held
  const messages = held.messages.map((message) =>
    isRead(message) ? { ...message, unReadUserCount: Math.max(0, message.unReadUserCount - 1) } : message,
  )
  return { ...held, messages }
}
