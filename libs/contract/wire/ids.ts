const SEQ_DIGITS = 10

/** A message's id is its room's and its zero-padded seq, so the primary key orders a room and arbitrates its numbers. */
export const messageId = (roomId: string, seq: number) => `${roomId}-${String(seq).padStart(SEQ_DIGITS, '0')}`

/** The seq of a message of that room; null for the id of another room's message, or no id at all. */
export function seqOf(roomId: string, id: string): number | null {
  const digits = id.startsWith(`${roomId}-`) ? id.slice(roomId.length + 1) : ''
  return /^\d{10}$/.test(digits) && Number(digits) > 0 ? Number(digits) : null
}

/** What happened in a room after its messages were stored, in order; the same arbiter as for messages. */
export const changeId = (roomId: string, change: number) =>
  `${roomId}-c${String(change).padStart(SEQ_DIGITS, '0')}`
