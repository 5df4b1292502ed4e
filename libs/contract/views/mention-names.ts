import type { Author } from '../schemas/entities.ts'

export const anonymous: Author = { authorId: '(erased)', nickName: '(erased)', profileUrl: null }

/** Folds a name for comparison: width (NFKC), case, white space. */
export const normalised = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()

/** An `@` after one of these is part of a mail address, not a mention. */
const IN_ADDRESS = /[\p{Script=Latin}\p{Nd}._%+-]/u
/** Scripts that separate words by spaces: there, a name followed by a letter is a longer name. */
const SPACED = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Nd}_]/u
/** Characters that join the one before them. */
const JOINED = /[\p{M}\u200d]/u

export const isInAddress = (before: string) => IN_ADDRESS.test(before)

/** Whether a name ends before `rest` (both normalised). A Korean particle may follow directly. */
export function isWhole(name: string, rest: string): boolean {
  const [first = ''] = rest.slice(0, 2)
  if (JOINED.test(first)) return false
  return !(SPACED.test(name.slice(-1)) && SPACED.test(first))
}

/** Every character that NFKC folds to `@`. */
const AT_SIGNS = /[@＠﹫]/gu
const NOBODY = `@${anonymous.nickName}`
/** Replacing may lengthen a text; this is the store's limit, not the sender's. */
const MAX_LENGTH = 1_000_000
/** No spelling of a name is longer. */
const LONGEST = 1_000
/** No character has more combining marks. */
const CLOSE = 16
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * Replaces each `@nickName` by the anonymous name. Returns the same string if there is none. `others`: names of the other
 * users that the text mentions; a longer one wins.
 */
export function textWithout(text: string, nickName: string, others: readonly string[] = []): string {
  const name = normalised(nickName)
  if (name === '') return text
  const longer = others.map(normalised).filter((other) => other.length > name.length)
  const pieces: string[] = []
  let end = 0
  for (const { index } of text.matchAll(AT_SIGNS)) {
    const length = index < end ? 0 : lengthAt(text, index, name, longer)
    if (length === 0) continue
    pieces.push(text.slice(end, index), NOBODY)
    end = index + length
  }
  return end === 0 ? text : shortened([...pieces, text.slice(end)].join(''))
}

/** Length of the mention of that name at this place; 0 if there is none. */
function lengthAt(text: string, at: number, name: string, longer: readonly string[]): number {
  const before = text.slice(Math.max(0, at - CLOSE), at).normalize('NFKC')
  if (isInAddress(before.slice(-1))) return 0
  // Text that was already replaced is skipped.
  if (text.startsWith(NOBODY, at) && !name.startsWith(anonymous.nickName)) return 0
  const rest = text.slice(at + 1, at + 1 + LONGEST)
  const length = lengthOf(name, rest)
  if (length === 0 || longer.some((other) => lengthOf(other, rest) > 0)) return 0
  return length + 1
}

/** Length of the name at the beginning of the text; 0 if it is not there or goes on as a longer name. */
function lengthOf(name: string, text: string): number {
  const wanted = decomposed(name)
  let read = ''
  for (const { segment, index } of characters.segment(text)) {
    if (read === wanted) return isWhole(name, segment.normalize('NFKC')) ? index : 0
    read = (read + decomposed(segment)).replace(/\s+/gu, ' ')
    if (!wanted.startsWith(read)) return 0
  }
  return read === wanted ? text.length : 0
}

/** Like `normalised`, but may be applied character by character. */
const decomposed = (text: string) => text.normalize('NFKD').toLowerCase().replaceAll('ς', 'σ')

/** A cut may split a surrogate pair: the first half is dropped. */
const shortened = (text: string) =>
  text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH).replace(/[\uD800-\uDBFF]$/u, '')
