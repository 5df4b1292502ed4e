const SEQ_DIGITS = 10

/** A message's id is its room id and its zero-padded seq: the primary key orders a room and decides races for a number. */
export const messageId = (roomId: string, seq: number) => `${roomId}-${String(seq).padStart(SEQ_DIGITS, '0')}`

/** The seq in a message id of that room; null for any other string. */
export function seqOf(roomId: string, id: string): number | null {
  const digits = id.startsWith(`${roomId}-`) ? id.slice(roomId.length + 1) : ''
  return /^\d{10}$/.test(digits) && Number(digits) > 0 ? Number(digits) : null
}

/** The id of a room's change; the primary key decides races here too. */
export const changeId = (roomId: string, change: number) =>
  `${roomId}-c${String(change).padStart(SEQ_DIGITS, '0')}`
