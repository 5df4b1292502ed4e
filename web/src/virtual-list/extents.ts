/** Heights of rows that lie one below the other: measured ones where they are known, else an estimate. */
export class Extents {
  private keys: readonly string[] = []
  private places = new Map<string, number>()
  private readonly heights = new Map<string, number>()
  private readonly estimate: number
  /** Where each row begins; one more for the end. Computed when asked for. */
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
    this.places = new Map(keys.map((key, index) => [key, index]))
    this.tops = null
  }

  /** @returns whether it was another height until now */
  measure(key: string, height: number): boolean {
    if (this.heights.get(key) === height) return false
    this.heights.set(key, height)
    this.tops = null
    return true
  }

  keyAt(index: number): string | undefined {
    return this.keys[index]
  }

  placeOf(key: string): number | undefined {
    return this.places.get(key)
  }

  topAt(index: number): number {
    this.tops ??= this.sum()
    return this.tops[Math.min(index, this.count)] as number
  }

  /** The row that `offset` falls into. */
  indexAt(offset: number): number {
    let [low, high] = [0, Math.max(0, this.count - 1)]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.topAt(middle) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  private sum(): Float64Array {
    const tops = new Float64Array(this.count + 1)
    for (const [index, key] of this.keys.entries())
      tops[index + 1] = (tops[index] as number) + (this.heights.get(key) ?? this.estimate)
    return tops
  }
}
