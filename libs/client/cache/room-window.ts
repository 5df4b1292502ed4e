import type { Message } from '@chat/contract'
import { supersedes } from '@chat/contract/ordered-queue'

/** Which of a room's messages to keep: always the newest, and without a gap. */
export type Window = {
  /** The last of them, or what comes before the first where there is none yet. */
  seq: number
  /** What came and is to be kept. */
  put: Message[]
  /** What was held and is not any more. */
  removed: number[]
}

/** What is held, in one piece up to `seq`, and what came; of that, what does not touch the rest is left out. */
export function joinWindow(held: Message[], seq: number, coming: Message[], max: number): Window {
  const all = new Map(held.map((message) => [message.seq, message]))
  for (const message of coming) {
    if (supersedes(message, all.get(message.seq))) all.set(message.seq, message)
  }
  const [first, last] = span(all, seq, max)
  const isWithin = (message: Message) => message.seq >= first && message.seq <= last
  return {
    seq: last,
    put: coming.filter((message) => isWithin(message) && all.get(message.seq) === message),
    removed: held.filter((message) => !isWithin(message)).map((message) => message.seq),
  }
}

/** The part of what is held that is in one piece and ends at `seq`. */
export function inOnePiece(held: Message[], seq: number): Message[] {
  const upTo = held.filter((message) => message.seq <= seq)
  const [first] = span(new Map(upTo.map((message) => [message.seq, message])), seq, upTo.length)
  return upTo.filter((message) => message.seq >= first)
}

function span(all: ReadonlyMap<number, Message>, seq: number, max: number): [first: number, last: number] {
  let last = seq
  while (all.has(last + 1)) last += 1
  let first = last + 1
  while (all.has(first - 1) && last - first + 1 < max) first -= 1
  return [first, last]
}
