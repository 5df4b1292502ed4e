// Why not @tanstack/virtual-core: with version 3.19.11 (`anchorTo: 'end'`, `followOnAppend`) the browser tests of reading,
// conversation and volume pass, and about 100 lines replace the 270 of this folder. But it adds 7.4 KB (brotli) to the page's
// script of 57.9 KB, and the first load may have 60 KB at most. It was not tried with 200,000 rows.

import type { ComponentChildren, RefObject } from 'preact'
import { useEffect, useLayoutEffect, useReducer, useRef } from 'preact/hooks'
import { type Pin, Viewport } from './viewport.ts'

type Keyed = { key: string }
export type ListHandle = { goToEnd: () => void; goTo: (key: string, part?: number) => boolean }
export type Edges = { isAtEnd: boolean; first: number; last: number }

type Props<R extends Keyed> = {
  rows: readonly R[]
  pin: Pin
  /** Height of a row that is not measured yet, in pixels. */
  estimate: number
  label: string
  class?: string
  children: (row: R, index: number) => ComponentChildren
  /** Called after each draw. */
  onShown?: (edges: Edges) => void
  handle?: RefObject<ListHandle | null>
}

/** A list of any length; only the rows near the visible part are in the page. */
export function VirtualList<R extends Keyed>({ rows, pin, estimate, onShown, handle, ...props }: Props<R>) {
  const scroller = useRef<HTMLElement>(null)
  const viewportRef = useRef<Viewport | null>(null)
  viewportRef.current ??= new Viewport(pin, estimate)
  const viewport = viewportRef.current
  const [, redraw] = useReducer((turn: number) => turn + 1, 0)
  viewport.heights.setKeys(rows.map((row) => row.key))
  const layout = viewport.layout()
  const observe = useMeasurements(viewport, scroller, () => redraw(undefined))

  useLayoutEffect(() => {
    const element = scroller.current
    if (element && Math.abs(element.scrollTop - layout.scrollTop) > 1) element.scrollTop = layout.scrollTop
  })
  useEffect(() => onShown?.({ isAtEnd: layout.isAtEnd, first: layout.first, last: layout.last }))
  useEffect(() => {
    if (handle) handle.current = handleOf(viewport, () => redraw(undefined))
  }, [])

  const onScroll = () => {
    const element = scroller.current
    if (!element) return
    // A scroller that grows reports the scroll before the new size.
    viewport.resize(element.clientHeight)
    viewport.onScroll(element.scrollTop)
    redraw(undefined)
  }
  return (
    <section
      class={`scroller ${props.class ?? ''}`}
      ref={scroller}
      onScroll={onScroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the arrows scroll it
      tabIndex={0}
      aria-label={props.label}
    >
      <div class={`scroller-space pin-${pin}`} style={{ height: `${layout.total}px` }}>
        <ul aria-label={props.label} style={{ transform: `translateY(${layout.offset}px)` }}>
          {rows.slice(layout.first, layout.last + 1).map((row, index) => (
            <li
              key={row.key}
              data-key={row.key}
              ref={observe}
              aria-setsize={rows.length}
              aria-posinset={layout.first + index + 1}
            >
              {props.children(row, layout.first + index)}
            </li>
          ))}
        </ul>
      </div>
    </section>
  )
}

const handleOf = (viewport: Viewport, onChange: () => void): ListHandle => ({
  goToEnd: () => {
    viewport.goToEnd()
    onChange()
  },
  goTo: (key, part) => {
    const isFound = viewport.goTo(key, part)
    onChange()
    return isFound
  },
})

/** Observes the sizes of the scroller and of the drawn rows. */
function useMeasurements(viewport: Viewport, scroller: RefObject<HTMLElement | null>, onChange: () => void) {
  const observer = useRef<ResizeObserver | null>(null)
  observer.current ??= new ResizeObserver((entries) => {
    let hasChanged = false
    for (const { target, borderBoxSize } of entries) {
      const height = borderBoxSize[0]?.blockSize ?? 0
      const { key } = (target as HTMLElement).dataset
      // A removed row is reported with no height.
      if (key !== undefined && target.isConnected)
        hasChanged = viewport.heights.measure(key, height) || hasChanged
      else if (target === scroller.current) {
        viewport.resize(height)
        hasChanged = true
      }
    }
    if (hasChanged) onChange()
  })
  useLayoutEffect(() => {
    if (scroller.current) {
      viewport.resize(scroller.current.clientHeight)
      observer.current?.observe(scroller.current)
    }
    onChange()
    return () => observer.current?.disconnect()
  }, [])
  return useRef((element: HTMLElement | null) => {
    if (element) observer.current?.observe(element)
  }).current
}
