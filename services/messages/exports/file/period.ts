import type { MessageStore } from '../../send/message-store.ts'
import type { ExportDoc } from '../export-store.ts'

/** Messages get their time before their seq, and from the clocks of several machines. */
const SKEW_MS = 10 * 60 * 1000

/** A range of seqs that includes all messages of a period and few others, found by binary search. */
export async function seqsOf(store: MessageStore, { roomId, from, to, lastSeq }: ExportDoc) {
  /** The first seq whose message is not older than `time`; `lastSeq + 1` where there is none. */
  const firstSince = async (time: number) => {
    let [low, high] = [1, lastSeq + 1]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const at = (await store.timeOf(roomId, middle)) ?? Number.POSITIVE_INFINITY
      if (at < time) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    first: from === null ? 1 : await firstSince(from.getTime() - SKEW_MS),
    last: to === null ? lastSeq : (await firstSince(to.getTime() + SKEW_MS)) - 1,
  }
}

export const isInPeriod = ({ from, to }: ExportDoc, at: Date) =>
  (from === null || at >= from) && (to === null || at < to)
