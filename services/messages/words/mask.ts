import { fold } from './text-fold.ts'
import { findBanned, type WordMatcher } from './word-matcher.ts'

const MASK = '*'
/** Masking one word can bring the letters of another one together. After so many passes the whole text is masked. */
const MAX_PASSES = 8

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Replaces each character of a banned word by a star. Separators inside the word stay. */
export function maskWords(text: string, matchers: readonly WordMatcher[]): string {
  let shown = text
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const folded = fold(shown)
    const banned = findBanned(folded, matchers)
    if (banned.length === 0) return shown
    shown = maskAt(shown, new Set(banned.flatMap(({ from, to }) => folded.offsets.slice(from, to + 1))))
  }
  return shown.replace(/\S/gu, MASK)
}

/** One star per grapheme: a character disappears with its marks. */
function maskAt(text: string, offsets: ReadonlySet<number>): string {
  let shown = ''
  for (const { segment, index } of segmenter.segment(text)) {
    const units = Array.from({ length: segment.length }, (_, unit) => index + unit)
    shown += units.some((unit) => offsets.has(unit)) ? MASK : segment
  }
  return shown
}
