const ROOT = 0
const UNLINKED = -1

/**
 * Finds any number of patterns in one pass over a text (Aho and Corasick, 1975). A node is what was read last, as far
 * as some pattern begins so; where none goes on with the next letter, its longest ending that begins one does.
 */
export class Automaton<T> {
  /** How many nodes there are: what it costs in memory. */
  size = 1
  /** The letters of the patterns, numbered: any other leads back to the root. */
  private readonly alphabet = new Map<number, number>()
  private readonly edges = new Map<number, number>()
  /** For each node: its longest ending that is a node too. */
  private readonly fallback: Int32Array
  /** For each node: the next one along the fallbacks where a pattern ends, itself included; the root where none does. */
  private readonly ending: Int32Array
  private readonly patterns = new Map<number, T[]>()

  constructor(patterns: Iterable<readonly [letters: readonly number[], pattern: T]>) {
    const all = [...patterns]
    for (const letter of all.flatMap(([letters]) => [...new Set(letters)]))
      if (!this.alphabet.has(letter)) this.alphabet.set(letter, this.alphabet.size)
    const paths = all.map(([letters, pattern]) => this.insert(letters, pattern))
    this.fallback = new Int32Array(this.size).fill(UNLINKED)
    this.ending = new Int32Array(this.size)
    this.fallback[ROOT] = ROOT
    this.link(paths)
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
    return this.edges.get(node * this.alphabet.size + symbol)
  }

  /** @returns the symbols and nodes on its way */
  private insert(letters: readonly number[], pattern: T): [symbol: number, node: number][] {
    let node = ROOT
    const path = letters.map((letter): [number, number] => {
      const symbol = this.alphabet.get(letter) as number
      let child = this.child(node, symbol)
      if (child === undefined) {
        child = this.size++
        this.edges.set(node * this.alphabet.size + symbol, child)
      }
      node = child
      return [symbol, node]
    })
    this.patterns.set(node, [...(this.patterns.get(node) ?? []), pattern])
    return path
  }

  /** Shorter nodes first: each is linked by way of those. */
  private link(paths: [symbol: number, node: number][][]) {
    const longest = paths.reduce((most, path) => Math.max(most, path.length), 0)
    for (let depth = 0; depth < longest; depth++)
      for (const path of paths) {
        const [symbol, node] = path[depth] ?? []
        if (symbol === undefined || node === undefined || this.fallback[node] !== UNLINKED) continue
        const parent = path[depth - 1]?.[1] ?? ROOT
        const fallback = parent === ROOT ? ROOT : this.next(this.fallback[parent] as number, symbol)
        this.fallback[node] = fallback
        this.ending[node] = this.patterns.has(node) ? node : (this.ending[fallback] as number)
      }
  }
}
