import { ByteReader, ByteWriter } from './bytes.ts'

// A postings document holds the terms of one group, in the order of their hashes. Of each term it holds: the distance
// from the hash before, the length of the list in bytes, and the list: ordinals of entries, each as the distance from the
// one before.

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
    this.list.length = 0
    let last = -1
    for (let index = from; index < to; index++) {
      const ordinal = ordinals[index] as number
      if (ordinal !== last) this.list.number(ordinal - last - 1)
      last = ordinal
    }
    this.document.number(hash - this.hash)
    this.document.number(this.list.length)
    this.document.append(this.list.view())
    this.hash = hash
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

/** Goes through the terms of a postings document. */
export class PostingsReader {
  hash: number
  list: Uint8Array = new Uint8Array()
  private readonly bytes: ByteReader

  constructor(document: Uint8Array, group: number, bits: number) {
    this.bytes = new ByteReader(document)
    this.hash = firstHashOf(group, bits)
  }

  /** Moves to the next term. @returns false at the end */
  next(): boolean {
    if (this.bytes.isAtEnd) return false
    this.hash += this.bytes.number()
    this.list = this.bytes.slice(this.bytes.number())
    return true
  }
}

/** The list of a term; empty where no entry has the term. */
export function listOf(document: Uint8Array, hash: number, bits: number): Uint8Array {
  const terms = new PostingsReader(document, groupOf(hash, bits), bits)
  while (terms.next()) {
    if (terms.hash === hash) return terms.list
    if (terms.hash > hash) break
  }
  return new Uint8Array()
}

/** The ordinals of a list, ascending. */
export function ordinalsOf(list: Uint8Array): number[] {
  const reader = new ByteReader(list)
  const ordinals: number[] = []
  for (let last = -1; !reader.isAtEnd; ) {
    last += reader.number() + 1
    ordinals.push(last)
  }
  return ordinals
}

/** The ordinals that are in both lists. */
export function intersection(one: readonly number[], other: readonly number[]): number[] {
  const both: number[] = []
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    const difference = (one[i] as number) - (other[j] as number)
    if (difference === 0) both.push(one[i] as number)
    if (difference <= 0) i++
    if (difference >= 0) j++
  }
  return both
}
