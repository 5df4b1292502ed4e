const SEED = 0x9747_b28c
const FACTOR_1 = 0xcc9e_2d51
const FACTOR_2 = 0x1b87_3593

// MurmurHash3 (Austin Appleby, public domain) over code points.

function step(hash: number, codePoint: number): number {
  const mixed = Math.imul(codePoint, FACTOR_1)
  const turned = Math.imul((mixed << 15) | (mixed >>> 17), FACTOR_2)
  const next = hash ^ turned
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe654_6b64) | 0
}

function finish(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2_ae35)
  return (second ^ (second >>> 16)) >>> 0
}

/** The hash of a term, 32 bits. */
export function hashOf(term: string): number {
  let hash = SEED
  for (const character of term) hash = step(hash, character.codePointAt(0) as number)
  return finish(hash)
}

/** Adds the hash of each pair of neighbouring characters to `hashes`, repeated ones too. */
export function addPairHashes(text: string, hashes: number[]) {
  let previous = -1
  for (let at = 0; at < text.length; at++) {
    const character = text.codePointAt(at) as number
    if (character > 0xffff) at++
    if (previous >= 0) hashes.push(finish(step(step(SEED, previous), character)))
    previous = character
  }
}
