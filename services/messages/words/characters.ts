import { LRUCache } from 'lru-cache'
import { keyboardLetters } from './hangul.ts'

/** An `ignorable` is skipped; a `separator` is a gap. `letters` are code points: a letter's parts, or a mark itself. */
type Character = { kind: 'letter' | 'mark' | 'ignorable' | 'separator'; letters: number[] }

const LETTER = /\p{L}|\p{N}/u
const MARKS = /^\p{M}+$/u
const IGNORABLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]/u
const SPACE = /\s/u
const INHERITED = /\p{Script=Inherited}/u
/** Scripts in which a mark only decorates its letter. In other scripts marks are vowels and belong to the word. */
const DECORATED =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Hangul}\p{Script=Han}\p{Script=Common}]/u
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u
/** The voicing marks make another letter of a kana: か and が. */
const VOICING = '\u3099\u309a'

const cache = new LRUCache<number, Character>({ max: 20_000, memoMethod: (codePoint) => describe(codePoint) })

/** After decomposition a character's letters do not depend on its neighbours. */
export const characterOf = (codePoint: number): Character => cache.memo(codePoint)

/** Whether the mark belongs to the word, and does not only decorate its base letter. */
export function isPart(mark: string, base: string): boolean {
  if (VOICING.includes(mark)) return KANA.test(base)
  return !DECORATED.test(base) && !INHERITED.test(mark)
}

function describe(codePoint: number): Character {
  const character = String.fromCodePoint(codePoint)
  const folded = [...foldCase(character)]
  if (SPACE.test(character)) return { kind: 'separator', letters: [] }
  if (IGNORABLE.test(character)) return { kind: 'ignorable', letters: [] }
  if (MARKS.test(folded.join(''))) return { kind: 'mark', letters: folded.map(codeOf) }
  // Some symbols contain letters, for example ⒜ and ㈎.
  const isInWord = (each: string) => LETTER.test(each) || (MARKS.test(each) && isPart(each, character))
  const letters = folded.filter(isInWord).map(codeOf)
  return { kind: letters.length > 0 ? 'letter' : 'separator', letters }
}

/** Folds width and case. Upper case comes first: it makes two letters of ß, and one letter of σ and ς. */
const foldCase = (character: string) =>
  [...character.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD')].map(keyboardLetters).join('')

const codeOf = (character: string) => character.codePointAt(0) as number
