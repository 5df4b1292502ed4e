// A syllable may be written whole, as its parts, or as letters one by one that only the eye puts together. All of them
// are taken apart into the same letters here: those that a keyboard has.

const INITIALS = [...'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ']
const VOWELS = 'ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ'.split(' ')
const FINALS =
  'ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ'.split(
    ' ',
  )

/** Where Unicode has each kind of a syllable's parts ("conjoining jamo"). */
const PARTS = [
  { from: 0x1100, letters: INITIALS },
  { from: 0x1161, letters: VOWELS },
  { from: 0x11a8, letters: FINALS },
]
const letters = new Map(
  PARTS.flatMap(({ from, letters }) =>
    letters.map((each, index) => [String.fromCharCode(from + index), each] as const),
  ),
)

/** The letters of a part of a syllable; anything else as it is. */
export const keyboardLetters = (character: string) => letters.get(character) ?? character

export const isSyllable = (codePoint: number) => codePoint >= 0xac00 && codePoint <= 0xd7a3

/** A vowel or a final part that belongs to the syllable begun before it. */
export const goesOn = (codePoint: number, before: number | null) =>
  before !== null &&
  codePoint >= 0x1160 &&
  codePoint <= 0x11ff &&
  (isSyllable(before) || (before >= 0x1100 && before <= 0x11ff))
