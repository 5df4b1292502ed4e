const FIRST_SIZE = 256
/** Above it, bit operations on numbers would be wrong. */
const MAX_INT32 = 0x7fff_ffff

/** Writes numbers in as few bytes as they need: seven bits a byte, the lowest first (LEB128). */
export class ByteWriter {
  length = 0
  private bytes = new Uint8Array(FIRST_SIZE)

  /** @param value an integer from 0 to 2^53 - 1 */
  number(value: number) {
    if (this.length + 8 > this.bytes.length) this.grow(this.length + 8)
    let rest = value
    while (rest > MAX_INT32) {
      this.bytes[this.length++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.bytes[this.length++] = rest
  }

  append(other: Uint8Array) {
    if (this.length + other.length > this.bytes.length) this.grow(this.length + other.length)
    this.bytes.set(other, this.length)
    this.length += other.length
  }

  /** What is written so far, until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** Returns a copy of what is written, and begins anew. */
  take(): Buffer {
    const taken = Buffer.from(this.view())
    this.length = 0
    return taken
  }

  private grow(size: number) {
    const grown = new Uint8Array(Math.max(size, 2 * this.bytes.length))
    grown.set(this.view())
    this.bytes = grown
  }
}

export class ByteReader {
  at: number
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  get isAtEnd() {
    return this.at >= this.bytes.length
  }

  number(): number {
    const first = this.bytes[this.at++] as number
    if (first < 128) return first
    let value = first & 127
    for (let factor = 128; ; factor *= 128) {
      const byte = this.bytes[this.at++] as number
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  slice(length: number): Uint8Array {
    const start = this.at
    this.at += length
    return this.bytes.subarray(start, this.at)
  }
}
