import { characterOf, isPart } from './characters.ts'
import { goesOn, isSyllable } from './hangul.ts'

/**
 * A text as banned words are looked for in it: its letters and digits alone, whatever stands between them, in one
 * case, one width and without accents. The lists run in parallel, one place for each letter.
 */
export type Folded = {
  letters: number[]
  /** Where in the text the letter's character begins. */
  at: number[]
  /** Whether a syllable begins with it; a letter that belongs to no syllable stands for itself. */
  begins: boolean[]
  /** Whether a space, or anything else that is seen, stands before it. */
  parted: boolean[]
}

/** One pass over the text. */
export function fold(text: string): Folded {
  const folded: Folded = { letters: [], at: [], begins: [], parted: [] }
  let base: number | null = null
  let isParted = false
  let offset = 0
  for (const character of text) {
    const codePoint = character.codePointAt(0) as number
    const { kind, letters } = characterOf(codePoint)
    const isIn = kind === 'letter' || (kind === 'mark' && base !== null && belongs(letters, base))
    if (isIn) {
      const isBegun = goesOn(codePoint, base)
      letters.forEach((letter, index) => {
        folded.letters.push(letter)
        folded.at.push(offset)
        folded.begins.push(!isBegun && (index === 0 || !isSyllable(codePoint)))
        folded.parted.push(isParted && index === 0)
      })
      isParted = false
    }
    if (kind === 'seen') isParted = true
    if (kind === 'letter') base = codePoint
    offset += character.length
  }
  return folded
}

const belongs = ([mark]: number[], base: number) =>
  isPart(String.fromCodePoint(mark as number), String.fromCodePoint(base))

/** Whether what stands at both places, and all between them, is whole syllables. */
export const isWhole = ({ begins }: Folded, from: number, to: number) =>
  begins[from] === true && begins[to + 1] !== false

/** Whether nothing that is seen stands between letters, but where it does in the other text too. */
export const standsAs = (text: Folded, from: number, other: Folded) =>
  other.parted.every((isParted, index) => index === 0 || isParted === text.parted[from + index])
