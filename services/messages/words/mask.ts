import { fold } from './text-fold.ts'
import { bannedIn, type Span, type WordMatcher } from './word-matcher.ts'

const MASK = '*'
/** Of what is left when a word is masked, another one may be made; whoever builds such towers loses the whole text. */
const MAX_PASSES = 8

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The text with a star for each character of a banned word; what stands between them stays. */
export function masked(text: string, matchers: readonly WordMatcher[]): string {
  let shown = text
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const folded = fold(shown)
    const banned = bannedIn(folded, matchers)
    if (banned.length === 0) return shown
    shown = withStars(shown, placesOf(banned, folded.at))
  }
  return shown.replace(/\S/gu, MASK)
}

const placesOf = (spans: Span[], at: number[]) =>
  new Set(spans.flatMap(({ from, to }) => at.slice(from, to + 1)))

/** A character is what a reader takes for one: it goes with all its marks. */
function withStars(text: string, places: ReadonlySet<number>): string {
  let shown = ''
  for (const { segment, index } of characters.segment(text)) {
    const offsets = Array.from({ length: segment.length }, (_, offset) => index + offset)
    shown += offsets.some((offset) => places.has(offset)) ? MASK : segment
  }
  return shown
}
