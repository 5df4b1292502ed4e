import { characterOf, isPart } from './characters.ts'
import { continuesSyllable, isSyllable } from './hangul.ts'

/** A text as the word filter compares it: its letters and digits in one case and width, without accents. One element per letter. */
export type Folded = {
  /** Code points. */
  letters: number[]
  /** Where the letter's character begins in the text. */
  offsets: number[]
  /** Whether a syllable begins with the letter; always true for a letter outside syllables. */
  startsSyllable: boolean[]
  /** Whether a separator stands before the letter. */
  afterGap: boolean[]
}

export function fold(text: string): Folded {
  const folded: Folded = { letters: [], offsets: [], startsSyllable: [], afterGap: [] }
  let base: number | null = null
  let afterGap = false
  let offset = 0
  for (const character of text) {
    const codePoint = character.codePointAt(0) as number
    const { kind, letters } = characterOf(codePoint)
    if (kind === 'letter' || (kind === 'mark' && base !== null && belongs(letters, base))) {
      const continues = continuesSyllable(codePoint, base)
      letters.forEach((letter, index) => {
        folded.letters.push(letter)
        folded.offsets.push(offset)
        folded.startsSyllable.push(!continues && (index === 0 || !isSyllable(codePoint)))
        folded.afterGap.push(afterGap && index === 0)
      })
      afterGap = false
    }
    if (kind === 'separator') afterGap = true
    if (kind === 'letter') base = codePoint
    offset += character.length
  }
  return folded
}

const belongs = ([mark]: number[], base: number) =>
  isPart(String.fromCodePoint(mark as number), String.fromCodePoint(base))

/** Where syllables begin. */
export const syllablesOf = ({ startsSyllable }: Folded) =>
  startsSyllable.keys().filter((index) => startsSyllable[index])

export const endsSyllable = ({ startsSyllable }: Folded, index: number) => startsSyllable[index + 1] !== false

/** Whether the text at `from` has its gaps between letters in the same places as the word. */
export const hasSameGaps = (text: Folded, from: number, word: Folded) =>
  word.afterGap.every((afterGap, index) => index === 0 || afterGap === text.afterGap[from + index])
