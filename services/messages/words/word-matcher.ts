import { AhoCorasick } from './aho-corasick.ts'
import { type Folded, fold, isWhole, standsAs } from './text-fold.ts'
import { eachInTurn } from './time-slice.ts'

export type WordList = { words: string[]; allow: string[] }
/** From one letter to another, both inclusive. */
export type Span = { from: number; to: number }
type Pattern = { form: Folded; isAllowed: boolean }
type Match = Span & { isAllowed: boolean }

/** A list of words, made ready to be looked for. */
export class WordMatcher {
  private readonly automaton: AhoCorasick<Pattern>

  private constructor(automaton: AhoCorasick<Pattern>) {
    this.automaton = automaton
  }

  static async of({ words, allow }: WordList): Promise<WordMatcher> {
    const banned = await eachInTurn(words, (word) => ({ form: fold(word), isAllowed: false }))
    const allowed = await eachInTurn(allow, (word) => ({ form: fold(word), isAllowed: true }))
    const patterns = [...banned, ...allowed]
    return new WordMatcher(await AhoCorasick.of(patterns.map((pattern) => [pattern.form.letters, pattern])))
  }

  /** What it costs to keep. */
  get size() {
    return this.automaton.size
  }

  matches(text: Folded): Match[] {
    const matches: Match[] = []
    this.automaton.scan(text.letters, ({ form, isAllowed }, to) => {
      const from = to - form.letters.length + 1
      const isFound = isWhole(text, from, to) && (!isAllowed || standsAs(text, from, form))
      if (isFound) matches.push({ from, to, isAllowed })
    })
    return matches
  }
}

/** The banned words of all lists, but for those inside of an allowed word of any. */
export function bannedIn(text: Folded, matchers: readonly WordMatcher[]): Span[] {
  const matches = matchers.flatMap((matcher) => matcher.matches(text))
  const banned = matches.filter(({ isAllowed }) => !isAllowed)
  if (banned.length === 0 || banned.length === matches.length) return banned
  const reach = reachOf(matches, text.letters.length)
  return banned.filter(({ from, to }) => (reach[from] as number) < to)
}

/** For each letter: how far the allowed words go that begin there or before. */
function reachOf(matches: Match[], length: number): number[] {
  const reach = new Array<number>(length).fill(-1)
  for (const { from, to, isAllowed } of matches)
    if (isAllowed) reach[from] = Math.max(reach[from] as number, to)
  for (let at = 1; at < length; at++) reach[at] = Math.max(reach[at] as number, reach[at - 1] as number)
  return reach
}
