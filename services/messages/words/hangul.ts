// A syllable can be written as one character, as conjoining jamo, or as single keyboard letters. All of them are
// decomposed into the same keyboard letters.

/** The first code point of each block of conjoining jamo, and their letters in order. */
const JAMO: [number, string][] = [
  [0x1100, 'ㄱ ㄲ ㄴ ㄷ ㄸ ㄹ ㅁ ㅂ ㅃ ㅅ ㅆ ㅇ ㅈ ㅉ ㅊ ㅋ ㅌ ㅍ ㅎ'],
  [0x1161, 'ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ'],
  [
    0x11a8,
    'ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ',
  ],
]
const lettersOfJamo = new Map(
  JAMO.flatMap(([first, blocks]) =>
    blocks.split(' ').map((letters, index) => [String.fromCharCode(first + index), letters] as const),
  ),
)

export const keyboardLetters = (character: string) => lettersOfJamo.get(character) ?? character

export const isSyllable = (codePoint: number) => codePoint >= 0xac00 && codePoint <= 0xd7a3

/** Whether the character is a medial or final jamo that belongs to the syllable of the character before it. */
export const continuesSyllable = (codePoint: number, before: number | null) =>
  before !== null &&
  codePoint >= 0x1160 &&
  codePoint <= 0x11ff &&
  (isSyllable(before) || (before >= 0x1100 && before <= 0x11ff))
