import { TimeSlice } from '@chat/service'
import { CHUNK_ENTRIES, type Entry, encodeEntries, inOrder } from './entry-chunk.ts'
import { PostingsWriter } from './postings.ts'
import { bitsFor, chunkPart, type Part, postingsPart, type Segment } from './segment.ts'

/** A state of a message and the hashes of its terms, of which some may be repeated. */
export type Indexed = Entry & { terms: readonly number[] }
export type Built = { segment: Omit<Segment, '_id' | 'replaces'>; parts: Part[] }

const BYTES_PER_POSTING = 2
const DIGIT_BITS = 11
const DIGITS = 2 ** DIGIT_BITS
const PASSES = 3

/** Makes a segment of some messages, one at least. */
export async function buildSegment(messages: readonly Indexed[]): Promise<Built> {
  const entries = messages.toSorted(inOrder)
  const { hashes, ordinals } = await sortedTerms(entries)
  const bits = bitsFor(hashes.length * BYTES_PER_POSTING)
  const postings = await encodePostings(hashes, ordinals, bits)
  const chunks = chunksOf(entries)
  const segment = { ...summaryOf(chunks), bits, bytes: sizeOf(postings) }
  const parts = [
    ...postings.map((data, group) => ({ name: postingsPart(group), data })),
    ...chunks.map((chunk, index) => ({ name: chunkPart(index), data: encodeEntries(chunk) })),
  ]
  return { segment, parts }
}

const chunksOf = (entries: readonly Entry[]) =>
  Array.from({ length: Math.ceil(entries.length / CHUNK_ENTRIES) }, (_, chunk) =>
    entries.slice(chunk * CHUNK_ENTRIES, (chunk + 1) * CHUNK_ENTRIES),
  )

const summaryOf = (chunks: Entry[][]) => {
  const ends = chunks.map((chunk) => new Date((chunk.at(-1) as Entry).createdAt))
  return {
    count: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    from: new Date(chunks[0]?.[0]?.createdAt as number),
    to: ends.at(-1) as Date,
    ends,
  }
}

export const sizeOf = (buffers: readonly Buffer[]) => buffers.reduce((sum, { length }) => sum + length, 0)

type Terms = { hashes: Uint32Array; ordinals: Uint32Array }

/** The terms of all messages in the order of their hashes, each with the ordinal of its message. */
async function sortedTerms(messages: readonly Indexed[]): Promise<Terms> {
  const count = messages.reduce((sum, { terms }) => sum + terms.length, 0)
  let terms = allTerms(messages, count)
  let other: Terms = { hashes: new Uint32Array(count), ordinals: new Uint32Array(count) }
  const slice = new TimeSlice()
  for (let pass = 0; pass < PASSES; pass++) {
    await slice.next()
    sortByDigit(terms, other, pass * DIGIT_BITS)
    ;[terms, other] = [other, terms]
  }
  return terms
}

function allTerms(messages: readonly Indexed[], count: number): Terms {
  const hashes = new Uint32Array(count)
  const ordinals = new Uint32Array(count)
  let at = 0
  for (const [ordinal, { terms }] of messages.entries()) {
    hashes.set(terms, at)
    ordinals.fill(ordinal, at, at + terms.length)
    at += terms.length
  }
  return { hashes, ordinals }
}

/** One pass of a radix sort: equal digits stay in their order. A comparing sort takes several times as long. */
function sortByDigit(from: Terms, to: Terms, shift: number) {
  const places = new Uint32Array(DIGITS + 1)
  const { hashes, ordinals } = from
  for (let index = 0; index < hashes.length; index++)
    (places[(((hashes[index] as number) >>> shift) & (DIGITS - 1)) + 1] as number)++
  for (let digit = 0; digit < DIGITS; digit++)
    places[digit + 1] = (places[digit + 1] as number) + (places[digit] as number)
  for (let index = 0; index < hashes.length; index++) {
    const hash = hashes[index] as number
    const digit = (hash >>> shift) & (DIGITS - 1)
    const place = places[digit] as number
    places[digit] = place + 1
    to.hashes[place] = hash
    to.ordinals[place] = ordinals[index] as number
  }
}

async function encodePostings(hashes: Uint32Array, ordinals: Uint32Array, bits: number): Promise<Buffer[]> {
  const writer = new PostingsWriter(bits)
  const slice = new TimeSlice()
  for (let from = 0; from < hashes.length; ) {
    const hash = hashes[from] as number
    let to = from + 1
    while (hashes[to] === hash) to++
    writer.add(hash, ordinals, from, to)
    from = to
    if (slice.isOver) await slice.next()
  }
  writer.advance(2 ** bits)
  return writer.take()
}
