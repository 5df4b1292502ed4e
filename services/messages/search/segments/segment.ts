/** A part of the index that never changes: entries of some messages of any rooms, and the postings of their terms. */
export type Segment = {
  _id: string
  count: number
  /** It has 2^bits groups of terms. */
  bits: number
  /** The size of its postings. */
  bytes: number
  /** When the oldest and the newest of its messages were written. */
  from: Date
  to: Date
  /** When the last message of each chunk of entries was written. */
  ends: Date[]
  /** The segments of which it was made. They are read no more. */
  replaces: string[]
}

export type Part = { name: string; data: Buffer }

export const postingsPart = (group: number) => `p${group}`
export const chunkPart = (chunk: number) => `e${chunk}`
export const partId = (segmentId: string, name: string) => `${segmentId}:${name}`

/** Of a postings document, in bytes. Smaller ones cost more per byte to write, larger ones more per term to read. */
const DOCUMENT_BYTES = 12_000

/** The bits for which postings of this size are in documents of a good size. */
export const bitsFor = (bytes: number) => Math.max(0, Math.round(Math.log2(bytes / DOCUMENT_BYTES)))
