import { mapInSlices } from '@chat/service'
import { endsSyllable, type Folded, fold, hasSameGaps, syllablesOf } from './text-fold.ts'
import { Trie } from './trie.ts'

export type WordList = { words: string[]; allow: string[] }
/** From one letter of a folded text to another, both inclusive. */
type Span = { from: number; to: number }
type Pattern = { word: Folded; isAllowed: boolean }
type Match = Span & { isAllowed: boolean }

export class WordMatcher {
  private readonly trie: Trie<Pattern>

  private constructor(trie: Trie<Pattern>) {
    this.trie = trie
  }

  static async compile({ words, allow }: WordList): Promise<WordMatcher> {
    const banned = await mapInSlices(words, (word) => ({ word: fold(word), isAllowed: false }))
    const allowed = await mapInSlices(allow, (word) => ({ word: fold(word), isAllowed: true }))
    const patterns = [...banned, ...allowed].map((pattern) => [pattern.word.letters, pattern] as const)
    return new WordMatcher(await Trie.build<Pattern>(patterns))
  }

  get size() {
    return this.trie.size
  }

  match(text: Folded): Match[] {
    const matches: Match[] = []
    const report = ({ word, isAllowed }: Pattern, to: number) => {
      const from = to - word.letters.length + 1
      if (endsSyllable(text, to) && (!isAllowed || hasSameGaps(text, from, word)))
        matches.push({ from, to, isAllowed })
    }
    this.trie.scan(text.letters, report, syllablesOf(text))
    return matches
  }
}

/** The banned words of all lists, except those that lie inside an allowed word of any list. */
export function findBanned(text: Folded, matchers: readonly WordMatcher[]): Span[] {
  const matches = matchers.flatMap((matcher) => matcher.match(text))
  const banned = matches.filter(({ isAllowed }) => !isAllowed)
  if (banned.length === 0 || banned.length === matches.length) return banned
  const allowedUntil = allowedEnds(matches, text.letters.length)
  return banned.filter(({ from, to }) => (allowedUntil[from] as number) < to)
}

/** For each letter, where the longest-reaching allowed word that begins at or before it ends. */
function allowedEnds(matches: Match[], length: number): number[] {
  const ends = new Array<number>(length).fill(-1)
  for (const { from, to, isAllowed } of matches)
    if (isAllowed) ends[from] = Math.max(ends[from] as number, to)
  for (let at = 1; at < length; at++) ends[at] = Math.max(ends[at] as number, ends[at - 1] as number)
  return ends
}
