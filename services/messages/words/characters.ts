import { keyboardLetters } from './hangul.ts'

/**
 * What a character is to one who looks for words: `unseen` is as if it were not there, `seen` stands between words or
 * in them. `letters` are code points: of a letter those it is made of, of a mark itself.
 */
export type Character = { kind: 'letter' | 'mark' | 'unseen' | 'seen'; letters: number[] }

const LETTER = /\p{L}|\p{N}/u
const MARKS = /^\p{M}+$/u
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]/u
const SPACE = /\s/u
const INHERITED = /\p{Script=Inherited}/u
/** Marks only decorate these, and a word without them is the same word. Elsewhere they are its vowels. */
const DECORATED =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Hangul}\p{Script=Han}\p{Script=Common}]/u
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u
/** These make another letter of a kana: か and が. */
const VOICING = '\u3099\u309a'

const MAX_KNOWN = 20_000
const known = new Map<number, Character>()

/** Each character by itself: once marks are apart, what it is made of does not depend on its neighbours. */
export function characterOf(codePoint: number): Character {
  const before = known.get(codePoint)
  if (before) return before
  if (known.size >= MAX_KNOWN) known.clear()
  const character = describe(String.fromCodePoint(codePoint))
  known.set(codePoint, character)
  return character
}

/** Whether a mark belongs to the word, and does not only decorate what it stands on. */
export function isPart(mark: string, base: string): boolean {
  if (VOICING.includes(mark)) return KANA.test(base)
  return !DECORATED.test(base) && !INHERITED.test(mark)
}

function describe(character: string): Character {
  const folded = [...foldCase(character)]
  if (SPACE.test(character)) return { kind: 'seen', letters: [] }
  if (UNSEEN.test(character)) return { kind: 'unseen', letters: [] }
  if (MARKS.test(folded.join(''))) return { kind: 'mark', letters: folded.map(codeOf) }
  // Some signs hold letters: ⒜ and ㈎ among them.
  const isIn = (each: string) => LETTER.test(each) || (MARKS.test(each) && isPart(each, character))
  const letters = folded.filter(isIn).map(codeOf)
  return { kind: letters.length > 0 ? 'letter' : 'seen', letters }
}

/** One width and one case, by way of upper case: it makes two letters of ß, and one letter of σ and ς. */
const foldCase = (character: string) =>
  [...character.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD')].map(keyboardLetters).join('')

const codeOf = (character: string) => character.codePointAt(0) as number
