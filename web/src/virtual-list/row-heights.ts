/** The heights of all rows: measured, or estimated until a row is drawn. */
export class RowHeights {
  private keys: readonly string[] = []
  private indexes = new Map<string, number>()
  private readonly heights = new Map<string, number>()
  private readonly estimate: number
  /** The top of each row, and the end of the last one. Computed on demand. */
  private tops: Float64Array | null = null

  constructor(estimate: number) {
    this.estimate = estimate
  }

  get count() {
    return this.keys.length
  }

  get total() {
    return this.topAt(this.count)
  }

  setKeys(keys: readonly string[]) {
    this.keys = keys
    this.indexes = new Map(keys.map((key, index) => [key, index]))
    this.tops = null
  }

  /** @returns whether the height has changed */
  measure(key: string, height: number): boolean {
    if (this.heights.get(key) === height) return false
    this.heights.set(key, height)
    this.tops = null
    return true
  }

  keyAt(index: number): string | undefined {
    return this.keys[index]
  }

  indexOf(key: string): number | undefined {
    return this.indexes.get(key)
  }

  topAt(index: number): number {
    this.tops ??= this.computeTops()
    return this.tops[Math.min(index, this.count)] as number
  }

  /** The row at `offset`. */
  indexAt(offset: number): number {
    let [low, high] = [0, Math.max(0, this.count - 1)]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.topAt(middle) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  private computeTops(): Float64Array {
    const tops = new Float64Array(this.count + 1)
    for (const [index, key] of this.keys.entries())
      tops[index + 1] = (tops[index] as number) + (this.heights.get(key) ?? this.estimate)
    return tops
  }
}
