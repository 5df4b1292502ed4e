import { Extents } from './extents.ts'

/** Rows this far outside of what is seen are there too, so that scrolling does not show a hole. */
const MARGIN_PX = 600
/** This close to the end counts as being there. */
const END_PX = 48

export type Pin = 'start' | 'end'
/** What to draw, and where the scroller has to stand for it. */
export type Plan = {
  first: number
  last: number
  offset: number
  total: number
  scrollTop: number
  /** Whether the end is seen. */
  isAtEnd: boolean
}

/**
 * Which part of a long list is seen. It holds on to one row, not to a number of pixels: whatever comes, goes or grows
 * above it, what somebody reads stays where it is. At the pinned side it stays there instead.
 */
export class Viewport {
  readonly extents: Extents
  private readonly pin: Pin
  private height = 0
  private scrollTop = 0
  private anchor: { key: string; offset: number } | null = null
  isAtStart: boolean
  isAtEnd: boolean

  constructor(pin: Pin, estimate: number) {
    this.pin = pin
    this.extents = new Extents(estimate)
    this.isAtStart = pin === 'start'
    this.isAtEnd = pin === 'end'
  }

  resize(height: number) {
    this.height = height
  }

  /** Somebody has scrolled. */
  scrolled(scrollTop: number) {
    this.scrollTop = scrollTop
    this.isAtStart = scrollTop <= 0
    this.isAtEnd = scrollTop + this.height >= this.extents.total - END_PX
    const index = this.extents.indexAt(scrollTop)
    const key = this.extents.keyAt(index)
    this.anchor = key === undefined ? null : { key, offset: this.extents.topAt(index) - scrollTop }
  }

  goToEnd() {
    this.isAtEnd = true
    this.anchor = null
  }

  /** A row comes to stand this part of the height below the top. @returns whether it is there */
  goTo(key: string, part = 0.3): boolean {
    if (this.extents.placeOf(key) === undefined) return false
    this.isAtEnd = false
    this.isAtStart = false
    this.anchor = { key, offset: this.height * part }
    return true
  }

  plan(): Plan {
    const { extents } = this
    const { total } = extents
    // Where everything is seen nobody can scroll: it stays at its pinned side.
    if (total <= this.height) this.isAtEnd = this.pin === 'end'
    this.scrollTop = Math.max(0, Math.min(this.wanted(), total - this.height))
    const first = extents.indexAt(this.scrollTop - MARGIN_PX)
    const last = Math.min(extents.count - 1, extents.indexAt(this.scrollTop + this.height + MARGIN_PX))
    const isAtEnd = this.scrollTop + this.height >= total - END_PX
    return { first, last, offset: extents.topAt(first), total, scrollTop: this.scrollTop, isAtEnd }
  }

  private wanted(): number {
    if (this.pin === 'end' && this.isAtEnd) return this.extents.total
    if (this.pin === 'start' && this.isAtStart) return 0
    const place = this.anchor && this.extents.placeOf(this.anchor.key)
    if (place === null || place === undefined || !this.anchor) return this.scrollTop
    return this.extents.topAt(place) - this.anchor.offset
  }
}
