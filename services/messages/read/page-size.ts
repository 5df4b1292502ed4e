import { bytesOf } from '@chat/service'

export const MAX_COUNT = 100

/** As many messages as fit in a page, growing from the anchor to both sides. */
export function fitting<T extends { seq: number }>(messages: T[], anchor: number, maxBytes: number): T[] {
  const at = Math.max(
    0,
    messages.findIndex((message) => message.seq >= anchor),
  )
  const size = (index: number) => bytesOf(messages[index])
  let [start, end] = [at, at]
  let left = maxBytes
  for (let grew = true; grew; ) {
    grew = false
    if (end < messages.length && (size(end) <= left || end === start)) {
      left -= size(end++)
      grew = true
    }
    if (start > 0 && size(start - 1) <= left) {
      left -= size(--start)
      grew = true
    }
  }
  return messages.slice(start, end)
}

/** As many of the first items as fit; one at least. */
export function leading<T>(items: T[], size: (item: T) => number, maxBytes: number): T[] {
  let left = maxBytes
  const end = items.findIndex((item, index) => {
    left -= size(item)
    return left < 0 && index > 0
  })
  return end === -1 ? items : items.slice(0, end)
}
