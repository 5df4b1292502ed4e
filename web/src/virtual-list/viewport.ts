import { RowHeights } from './row-heights.ts'

/** Rows this far outside of the visible part are drawn too, so that scrolling shows no gap. */
const OVERSCAN_PX = 600
/** This close to the end counts as being at the end. */
const END_PX = 48

export type Pin = 'start' | 'end'
/** Which rows to draw, and the scroll position. */
type Layout = {
  first: number
  last: number
  offset: number
  total: number
  scrollTop: number
  /** Whether the end is visible. */
  isAtEnd: boolean
}

/**
 * The visible part of a long list. It is anchored to a row, not to a pixel offset, so rows that are added, removed or
 * resized above do not move what the user reads. At the pinned side it sticks to that side.
 */
export class Viewport {
  readonly heights: RowHeights
  private readonly pin: Pin
  private height = 0
  private scrollTop = 0
  private anchor: { key: string; offset: number } | null = null
  isAtStart: boolean
  isAtEnd: boolean

  constructor(pin: Pin, estimate: number) {
    this.pin = pin
    this.heights = new RowHeights(estimate)
    this.isAtStart = pin === 'start'
    this.isAtEnd = pin === 'end'
  }

  resize(height: number) {
    this.height = height
  }

  /** Call when the user has scrolled. */
  onScroll(scrollTop: number) {
    this.scrollTop = scrollTop
    this.isAtStart = scrollTop <= 0
    this.isAtEnd = scrollTop + this.height >= this.heights.total - END_PX
    const index = this.heights.indexAt(scrollTop)
    const key = this.heights.keyAt(index)
    this.anchor = key === undefined ? null : { key, offset: this.heights.topAt(index) - scrollTop }
  }

  goToEnd() {
    this.isAtEnd = true
    this.anchor = null
  }

  /** Scrolls to a row, with `part` of the height above it. @returns whether the row exists */
  goTo(key: string, part = 0.3): boolean {
    if (this.heights.indexOf(key) === undefined) return false
    this.isAtEnd = false
    this.isAtStart = false
    this.anchor = { key, offset: this.height * part }
    return true
  }

  layout(): Layout {
    const { heights } = this
    const { total } = heights
    // A list that fits cannot scroll: it stays at its pinned side.
    if (total <= this.height) this.isAtEnd = this.pin === 'end'
    this.scrollTop = Math.max(0, Math.min(this.wantedScrollTop(), total - this.height))
    const first = heights.indexAt(this.scrollTop - OVERSCAN_PX)
    const last = Math.min(heights.count - 1, heights.indexAt(this.scrollTop + this.height + OVERSCAN_PX))
    const isAtEnd = this.scrollTop + this.height >= total - END_PX
    return { first, last, offset: heights.topAt(first), total, scrollTop: this.scrollTop, isAtEnd }
  }

  private wantedScrollTop(): number {
    if (this.pin === 'end' && this.isAtEnd) return this.heights.total
    if (this.pin === 'start' && this.isAtStart) return 0
    const index = this.anchor && this.heights.indexOf(this.anchor.key)
    if (index === null || index === undefined || !this.anchor) return this.scrollTop
    return this.heights.topAt(index) - this.anchor.offset
  }
}
