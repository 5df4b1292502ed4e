import type { Author } from '../schemas/entities.ts'

/** Who stands in the place of one who was erased: nobody can be told from anybody else. */
export const anonymous: Author = { authorId: '(erased)', nickName: '(erased)', profileUrl: null }

/** Text as it is compared: of one width and one case, with single spaces. */
export const normalised = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()

/** An `@` right after one of these is an address or the like. */
const IN_ADDRESS = /[\p{Script=Latin}\p{Nd}._%+-]/u
/** Scripts that put spaces between words: a name that goes on in one of them is another name. */
const SPACED = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Nd}_]/u
/** What belongs to the character before it. */
const JOINED = /[\p{M}\u200d]/u

/** Whether an `@` after this character mentions nobody. */
export const isInAddress = (before: string) => IN_ADDRESS.test(before)

/** Whether a name that stands before `rest`, both normalised, ends there. In Korean a particle may follow at once. */
export function isWhole(name: string, rest: string): boolean {
  const [first = ''] = rest.slice(0, 2)
  if (JOINED.test(first)) return false
  return !(SPACED.test(name.slice(-1)) && SPACED.test(first))
}

/** All that are `@` when they are normalised. */
const AT_SIGNS = /[@＠﹫]/gu
const NOBODY = `@${anonymous.nickName}`
/** As long as any text may be; nobody has said it, so the limit of those who speak does not hold. */
const MAX_LENGTH = 1_000_000
/** Within as much a name ends, however it is spelled. */
const LONGEST = 1_000
/** More than a character has marks. */
const CLOSE = 16
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * A text with nobody's name in the place of each `@nickName`, found as mentions are; the text itself where there is
 * none. `others`: names of whom else it mentions; a longer one of them counts.
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

/** How much of the text a mention by that name takes there; 0 where there is none. */
function lengthAt(text: string, at: number, name: string, longer: readonly string[]): number {
  const before = text
    .slice(Math.max(0, at - CLOSE), at)
    .normalize('NFKC')
    .slice(-1)
  if (isInAddress(before)) return 0
  // What was put there before is not looked for a name again.
  if (text.startsWith(NOBODY, at) && !name.startsWith(anonymous.nickName)) return 0
  const rest = text.slice(at + 1, at + 1 + LONGEST)
  const length = lengthOf(name, rest)
  if (length === 0 || longer.some((other) => lengthOf(other, rest) > 0)) return 0
  return length + 1
}

/** How much of the text's beginning is that name; 0 where it begins otherwise, or goes on as another name. */
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

/** Alike where the normalised are, and that of a whole is made of those of its characters. */
const decomposed = (text: string) => text.normalize('NFKD').toLowerCase().replaceAll('ς', 'σ')

/** A cut may leave the first half of a character at the end. */
const shortened = (text: string) =>
  text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH).replace(/[\uD800-\uDBFF]$/u, '')
