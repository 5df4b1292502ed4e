import { runInSlices } from './time-slice.ts'

const ROOT = 0
/** Nodes linked per step of a time slice; they take some microseconds. */
const LINKS_PER_STEP = 32
const EDGE_MAPS = 64

type Edge = { node: number; parent: number; symbol: number }
type Pattern<T> = readonly [letters: readonly number[], pattern: T]

/** Finds any number of patterns in one pass over a text (Aho and Corasick, 1975). */
export class AhoCorasick<T> {
  /** The number of nodes, which determines the memory that it takes. */
  size = 1
  /** The patterns' letters, numbered. Any other letter leads to the root. */
  private readonly symbols = new Map<number, number>()
  /** Split over many maps: a map that grows is rehashed as a whole, which would block for long. */
  private readonly edges = Array.from({ length: EDGE_MAPS }, () => new Map<number, number>())
  /** For each node, the node of its longest proper suffix. */
  private failure = new Int32Array(0)
  /** For each node, itself or the next node along the failure links where a pattern ends; the root if there is none. */
  private output = new Int32Array(0)
  private readonly patterns = new Map<number, T[]>()

  /** Builds the automaton in time slices: hundreds of thousands of letters take half a second. */
  static async build<T>(patterns: readonly Pattern<T>[]): Promise<AhoCorasick<T>> {
    const automaton = new AhoCorasick<T>()
    await runInSlices(automaton.add(patterns))
    return automaton
  }

  /** Calls `report` for every occurrence with the index of its last letter. */
  scan(letters: readonly number[], report: (pattern: T, end: number) => void) {
    let node = ROOT
    letters.forEach((letter, end) => {
      node = this.next(node, this.symbols.get(letter))
      for (let at = this.output[node] as number; at !== ROOT; at = this.shorterOutput(at))
        for (const pattern of this.patterns.get(at) ?? []) report(pattern, end)
    })
  }

  private *add(patterns: readonly Pattern<T>[]): Generator<void, void> {
    for (const [letters] of patterns) {
      for (const letter of letters) if (!this.symbols.has(letter)) this.symbols.set(letter, this.symbols.size)
      yield
    }
    const levels: Edge[][] = []
    for (const [letters, pattern] of patterns) {
      this.insert(letters, pattern, levels)
      yield
    }
    this.failure = new Int32Array(this.size)
    this.output = new Int32Array(this.size)
    for (const level of levels) {
      for (const [index, edge] of level.entries()) {
        this.link(edge)
        if (index % LINKS_PER_STEP === 0) yield
      }
    }
  }

  private shorterOutput(node: number) {
    return this.output[this.failure[node] as number] as number
  }

  private next(from: number, symbol: number | undefined): number {
    if (symbol === undefined) return ROOT
    for (let node = from; ; node = this.failure[node] as number) {
      const child = this.child(node, symbol)
      if (child !== undefined || node === ROOT) return child ?? ROOT
    }
  }

  private child(node: number, symbol: number) {
    return this.edges[node % EDGE_MAPS]?.get(node * this.symbols.size + symbol)
  }

  /** @param levels collects the edges to new nodes, by depth */
  private insert(letters: readonly number[], pattern: T, levels: Edge[][]) {
    let parent = ROOT
    letters.forEach((letter, depth) => {
      const symbol = this.symbols.get(letter) as number
      let node = this.child(parent, symbol)
      if (node === undefined) {
        node = this.size++
        this.edges[parent % EDGE_MAPS]?.set(parent * this.symbols.size + symbol, node)
        levels[depth] ??= []
        levels[depth].push({ node, parent, symbol })
      }
      parent = node
    })
    const known = this.patterns.get(parent)
    if (known) known.push(pattern)
    else this.patterns.set(parent, [pattern])
  }

  /** Needs the links of all nodes of smaller depth. */
  private link({ node, parent, symbol }: Edge) {
    const failure = parent === ROOT ? ROOT : this.next(this.failure[parent] as number, symbol)
    this.failure[node] = failure
    this.output[node] = this.patterns.has(node) ? node : (this.output[failure] as number)
  }
}
