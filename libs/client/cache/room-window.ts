import type { Message } from '@chat/contract'
import { supersedes } from '@chat/contract/ordered-queue'

/** Which messages of a room to cache: always the newest, and without a gap. */
export type Window = {
  /** The newest of them; where there is none yet, the one before the first that may be cached. */
  seq: number
  put: Message[]
  removed: number[]
}

/** Joins new messages to the cached ones, which have no gap up to `seq`. Messages beyond a gap are left out. */
export function joinWindow(cached: Message[], seq: number, coming: Message[], max: number): Window {
  const all = new Map(cached.map((message) => [message.seq, message]))
  for (const message of coming) {
    if (supersedes(message, all.get(message.seq))) all.set(message.seq, message)
  }
  const [first, last] = span(all, seq, max)
  const isWithin = (message: Message) => message.seq >= first && message.seq <= last
  return {
    seq: last,
    put: coming.filter((message) => isWithin(message) && all.get(message.seq) === message),
    removed: cached.filter((message) => !isWithin(message)).map((message) => message.seq),
  }
}

/** The messages that end at `seq` without a gap. */
export function withoutGap(cached: Message[], seq: number): Message[] {
  const upTo = cached.filter((message) => message.seq <= seq)
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
