import { inTurns } from './time-slice.ts'

const ROOT = 0
/** As many take some microseconds. */
const LINKS_A_STEP = 32
const MAPS = 64

/** From one node to another, by a letter. */
type Step = { node: number; parent: number; symbol: number }
type Pattern<T> = readonly [letters: readonly number[], pattern: T]

/**
 * Finds any number of patterns in one pass over a text (Aho and Corasick, 1975). A node is what was read last, as far
 * as some pattern begins so; where none goes on with the next letter, its longest ending that begins one does.
 */
export class AhoCorasick<T> {
  /** How many nodes there are: what it costs in memory. */
  size = 1
  /** The letters of the patterns, numbered: any other leads back to the root. */
  private readonly alphabet = new Map<number, number>()
  /** In many maps, since a map that grows is made anew: one for all of them would take long at once. */
  private readonly edges = Array.from({ length: MAPS }, () => new Map<number, number>())
  /** For each node: its longest ending that is a node too. */
  private fallback = new Int32Array(0)
  /** For each node: the next one along the fallbacks where a pattern ends, itself included; the root where none does. */
  private ending = new Int32Array(0)
  private readonly patterns = new Map<number, T[]>()

  private constructor() {}

  /** Made a little at a time: hundreds of thousands of letters take half a second. */
  static async of<T>(patterns: readonly Pattern<T>[]): Promise<AhoCorasick<T>> {
    const automaton = new AhoCorasick<T>()
    await inTurns(automaton.build(patterns))
    return automaton
  }

  private *build(patterns: readonly Pattern<T>[]): Generator<void, void> {
    for (const [letters] of patterns) {
      for (const letter of letters)
        if (!this.alphabet.has(letter)) this.alphabet.set(letter, this.alphabet.size)
      yield
    }
    const levels: Step[][] = []
    for (const [letters, pattern] of patterns) {
      this.insert(letters, pattern, levels)
      yield
    }
    this.fallback = new Int32Array(this.size)
    this.ending = new Int32Array(this.size)
    for (const level of levels) yield* this.linkLevel(level)
  }

  private *linkLevel(level: Step[]): Generator<void, void> {
    for (const [index, step] of level.entries()) {
      this.link(step)
      if (index % LINKS_A_STEP === 0) yield
    }
  }

  /** Tells of every pattern, and of the place of its last letter. */
  scan(letters: readonly number[], tell: (pattern: T, end: number) => void) {
    let node = ROOT
    letters.forEach((letter, end) => {
      node = this.next(node, this.alphabet.get(letter))
      for (let at = this.ending[node] as number; at !== ROOT; at = this.shorter(at))
        for (const pattern of this.patterns.get(at) ?? []) tell(pattern, end)
    })
  }

  private shorter(node: number) {
    return this.ending[this.fallback[node] as number] as number
  }

  private next(from: number, symbol: number | undefined): number {
    if (symbol === undefined) return ROOT
    for (let node = from; ; node = this.fallback[node] as number) {
      const child = this.child(node, symbol)
      if (child !== undefined || node === ROOT) return child ?? ROOT
    }
  }

  private child(node: number, symbol: number) {
    return this.edges[node % MAPS]?.get(node * this.alphabet.size + symbol)
  }

  /** @param levels takes the nodes that are new, by how many letters lead there */
  private insert(letters: readonly number[], pattern: T, levels: Step[][]) {
    let parent = ROOT
    letters.forEach((letter, depth) => {
      const symbol = this.alphabet.get(letter) as number
      let node = this.child(parent, symbol)
      if (node === undefined) {
        node = this.size++
        this.edges[parent % MAPS]?.set(parent * this.alphabet.size + symbol, node)
        levels[depth] ??= []
        levels[depth].push({ node, parent, symbol })
      }
      parent = node
    })
    const known = this.patterns.get(parent)
    if (known) known.push(pattern)
    else this.patterns.set(parent, [pattern])
  }

  /** By way of nodes that fewer letters lead to, which are linked already. */
  private link({ node, parent, symbol }: Step) {
    const fallback = parent === ROOT ? ROOT : this.next(this.fallback[parent] as number, symbol)
    this.fallback[node] = fallback
    this.ending[node] = this.patterns.has(node) ? node : (this.ending[fallback] as number)
  }
}
