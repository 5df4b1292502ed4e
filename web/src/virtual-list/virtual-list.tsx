import type { ComponentChildren, RefObject } from 'preact'
import { useEffect, useLayoutEffect, useReducer, useRef } from 'preact/hooks'
import { type Pin, Viewport } from './viewport.ts'

type Keyed = { key: string }
export type ListHandle = { goToEnd: () => void; goTo: (key: string, part?: number) => boolean }
export type Edges = { isAtEnd: boolean; first: number; last: number }

type Props<R extends Keyed> = {
  rows: readonly R[]
  pin: Pin
  /** Height of a row that was not seen yet. */
  estimate: number
  label: string
  class?: string
  children: (row: R, index: number) => ComponentChildren
  /** Told what is drawn and where the list stands, after it was drawn. */
  onShown?: (edges: Edges) => void
  handle?: RefObject<ListHandle | null>
}

/** A list of any length of which only what is near what is seen is in the page. */
export function VirtualList<R extends Keyed>({ rows, pin, estimate, onShown, handle, ...props }: Props<R>) {
  const scroller = useRef<HTMLElement>(null)
  const view = useRef<Viewport | null>(null)
  view.current ??= new Viewport(pin, estimate)
  const viewport = view.current
  const [, redraw] = useReducer((turn: number) => turn + 1, 0)
  viewport.extents.setKeys(rows.map((row) => row.key))
  const plan = viewport.plan()
  const observe = useMeasured(viewport, scroller, () => redraw(undefined))

  useLayoutEffect(() => {
    const element = scroller.current
    if (element && Math.abs(element.scrollTop - plan.scrollTop) > 1) element.scrollTop = plan.scrollTop
  })
  useEffect(() => onShown?.({ isAtEnd: plan.isAtEnd, first: plan.first, last: plan.last }))
  useEffect(() => {
    if (!handle) return
    const act = <T,>(what: () => T): T => {
      const outcome = what()
      redraw(undefined)
      return outcome
    }
    handle.current = {
      goToEnd: () => act(() => viewport.goToEnd()),
      goTo: (key, part) => act(() => viewport.goTo(key, part)),
    }
  }, [])

  const onScroll = () => {
    const element = scroller.current
    if (!element) return
    // A scroller that has just grown is told to have scrolled before it is told to have grown.
    viewport.resize(element.clientHeight)
    viewport.scrolled(element.scrollTop)
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
      <div class={`scroller-space pin-${pin}`} style={{ height: `${plan.total}px` }}>
        <ul aria-label={props.label} style={{ transform: `translateY(${plan.offset}px)` }}>
          {rows.slice(plan.first, plan.last + 1).map((row, index) => (
            <li
              key={row.key}
              data-key={row.key}
              ref={observe}
              aria-setsize={rows.length}
              aria-posinset={plan.first + index + 1}
            >
              {props.children(row, plan.first + index)}
            </li>
          ))}
        </ul>
      </div>
    </section>
  )
}

/** Watches the sizes of the scroller and of its rows, as they are drawn. */
function useMeasured(viewport: Viewport, scroller: RefObject<HTMLElement | null>, onChange: () => void) {
  const observer = useRef<ResizeObserver | null>(null)
  observer.current ??= new ResizeObserver((entries) => {
    let hasChanged = false
    for (const { target, borderBoxSize } of entries) {
      const height = borderBoxSize[0]?.blockSize ?? 0
      const { key } = (target as HTMLElement).dataset
      // A row that has just left the page has no height any more.
      if (key !== undefined && target.isConnected)
        hasChanged = viewport.extents.measure(key, height) || hasChanged
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
