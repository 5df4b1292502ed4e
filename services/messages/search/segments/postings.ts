import { ByteReader, ByteWriter } from './bytes.ts'

// A postings document holds the terms of one group, in the order of their hashes. Of each term it holds: the distance
// from the hash before, the length of the list in bytes with a bit that says whether the list is in runs, and the list.
// A list holds ordinals of entries, each as its distance from the one before; or runs of neighbouring ordinals, each as
// its distance from the run before and its length. All messages of a segment may be of one room, or have one pair.

const HASH_BITS = 32

/** Segments have 2^bits groups. A term belongs to the group that the highest bits of its hash name. */
export const groupOf = (hash: number, bits: number) => (bits === 0 ? 0 : hash >>> (HASH_BITS - bits))

const firstHashOf = (group: number, bits: number) => group * 2 ** (HASH_BITS - bits)

/** Writes the postings of a segment, group by group. Terms come in the order of their hashes. */
export class PostingsWriter {
  private readonly bits: number
  private readonly document = new ByteWriter()
  private readonly list = new ByteWriter()
  private readonly finished: Buffer[] = []
  private group = 0
  private hash = 0

  constructor(bits: number) {
    this.bits = bits
  }

  /** Ordinals from one index of the array to another, ascending. A repeated one is written once. */
  add(hash: number, ordinals: ArrayLike<number>, from = 0, to = ordinals.length) {
    this.advance(groupOf(hash, this.bits))
    const isInRuns = this.writeList(ordinals, from, to)
    this.document.number(hash - this.hash)
    this.document.number(2 * this.list.length + Number(isInRuns))
    this.document.append(this.list.view())
    this.hash = hash
  }

  /** @returns whether it is in runs */
  private writeList(ordinals: ArrayLike<number>, from: number, to: number): boolean {
    this.list.length = 0
    let last = -1
    let runs = 0
    for (let index = from; index < to; index++) {
      const ordinal = ordinals[index] as number
      if (ordinal === last) continue
      if (ordinal !== last + 1 || runs === 0) runs++
      this.list.number(ordinal - last - 1)
      last = ordinal
    }
    if (2 * runs >= to - from) return false
    this.list.length = 0
    this.writeRuns(ordinals, from, to)
    return true
  }

  private writeRuns(ordinals: ArrayLike<number>, from: number, to: number) {
    let last = -1
    for (let index = from; index < to; ) {
      const first = ordinals[index] as number
      let end = first
      while (++index < to && (ordinals[index] as number) <= end + 1) end = ordinals[index] as number
      this.list.number(first - last - 1)
      this.list.number(end - first)
      last = end
    }
  }

  /** Ends all groups before this one. */
  advance(group: number) {
    while (this.group < group) {
      this.finished.push(this.document.take())
      this.hash = firstHashOf(++this.group, this.bits)
    }
  }

  /** The documents of the groups that have ended since the last call, in order. */
  take(): Buffer[] {
    return this.finished.splice(0)
  }
}

/** The ordinals of a term, as ranges that ascend. */
export class OrdinalList {
  from = -1
  to = -1
  /** In bytes. */
  readonly length: number
  private readonly bytes: ByteReader
  private readonly isInRuns: boolean

  constructor(bytes: Uint8Array = new Uint8Array(), isInRuns = false) {
    this.length = bytes.length
    this.bytes = new ByteReader(bytes)
    this.isInRuns = isInRuns
  }

  /** Moves to the next range. @returns false at the end */
  next(): boolean {
    if (this.bytes.isAtEnd) return false
    this.from = this.to + 1 + this.bytes.number()
    this.to = this.isInRuns ? this.from + this.bytes.number() : this.from
    return true
  }

  /** All that are left, ascending. */
  take(): number[] {
    const ordinals: number[] = []
    while (this.next()) for (let ordinal = this.from; ordinal <= this.to; ordinal++) ordinals.push(ordinal)
    return ordinals
  }

  /** Those of these ordinals, which ascend, that are in the list. */
  among(ordinals: readonly number[]): number[] {
    const found: number[] = []
    let at = 0
    while (at < ordinals.length && this.next()) {
      while ((ordinals[at] as number) < this.from) at++
      while ((ordinals[at] as number) <= this.to) found.push(ordinals[at++] as number)
    }
    return found
  }
}

/** Goes through the terms of a postings document. */
export class PostingsReader {
  hash: number
  private list: Uint8Array = new Uint8Array()
  private isInRuns = false
  private readonly bytes: ByteReader

  constructor(document: Uint8Array, group: number, bits: number) {
    this.bytes = new ByteReader(document)
    this.hash = firstHashOf(group, bits)
  }

  /** Moves to the next term. @returns false at the end */
  next(): boolean {
    if (this.bytes.isAtEnd) return false
    this.hash += this.bytes.number()
    const length = this.bytes.number()
    this.list = this.bytes.slice(length >>> 1)
    this.isInRuns = length % 2 === 1
    return true
  }

  ordinals = () => new OrdinalList(this.list, this.isInRuns)
}

/** The ordinals of a term; none where no entry has it. */
export function listOf(document: Uint8Array, hash: number, bits: number): OrdinalList {
  const terms = new PostingsReader(document, groupOf(hash, bits), bits)
  while (terms.next()) {
    if (terms.hash === hash) return terms.ordinals()
    if (terms.hash > hash) break
  }
  return new OrdinalList()
}
