import { mapInSlices } from '@chat/service'

const ROOT = 0
const CODE_POINTS = 0x110000
const EDGE_MAPS = 64

/** Finds many patterns in a text at once: from each of its letters on, it follows those that begin there. */
export class Trie<T> {
  /** The number of nodes, which determines the memory that it takes. */
  size = 1
  /** Split over many maps: a map that grows is rehashed as a whole, which would block for long. */
  private readonly edges = Array.from({ length: EDGE_MAPS }, () => new Map<number, number>())
  private readonly patterns = new Map<number, T[]>()

  /** Builds it in time slices: hundreds of thousands of letters take a third of a second. */
  static async build<T>(patterns: readonly (readonly [letters: readonly number[], pattern: T])[]) {
    const trie = new Trie<T>()
    await mapInSlices(patterns, ([letters, pattern]) => trie.add(letters, pattern))
    return trie
  }

  /** Calls `report` for every occurrence that begins at one of `starts`, with the index of its last letter. */
  scan(
    letters: readonly number[],
    report: (pattern: T, end: number) => void,
    starts: Iterable<number> = letters.keys(),
  ) {
    for (const start of starts) {
      let node: number | undefined = ROOT
      for (let end = start; end < letters.length; end++) {
        node = this.childOf(node, letters[end] as number)
        if (node === undefined) break
        for (const pattern of this.patterns.get(node) ?? []) report(pattern, end)
      }
    }
  }

  private add(letters: readonly number[], pattern: T) {
    let node = ROOT
    for (const letter of letters) node = this.childOf(node, letter) ?? this.addChild(node, letter)
    const known = this.patterns.get(node)
    if (known) known.push(pattern)
    else this.patterns.set(node, [pattern])
  }

  private addChild(node: number, letter: number): number {
    const child = this.size++
    this.edges[node % EDGE_MAPS]?.set(node * CODE_POINTS + letter, child)
    return child
  }

  private childOf(node: number, letter: number): number | undefined {
    return this.edges[node % EDGE_MAPS]?.get(node * CODE_POINTS + letter)
  }
}
