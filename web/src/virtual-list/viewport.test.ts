import { expect, test } from '@jest/globals'
import { Viewport } from './viewport.ts'

const keys = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m${from + index}`)

/** A viewport of 500 px with rows of 50 px. */
function viewportOf(pin: 'start' | 'end', rows: string[]) {
  const viewport = new Viewport(pin, 50)
  viewport.resize(500)
  viewport.heights.setKeys(rows)
  return viewport
}

test('a list begins at its pinned side and draws only nearby rows', () => {
  const end = viewportOf('end', keys(0, 10_000)).layout()
  expect(end.scrollTop).toBe(10_000 * 50 - 500)
  expect(end.last).toBe(9_999)
  expect(end.last - end.first).toBeLessThan(40)
  expect(viewportOf('start', keys(0, 10_000)).layout()).toMatchObject({ scrollTop: 0, first: 0 })
})

test('a list at its end stays there when rows are added', () => {
  const viewport = viewportOf('end', keys(0, 100))
  viewport.onScroll(viewport.layout().scrollTop)
  viewport.heights.setKeys(keys(0, 101))
  expect(viewport.layout().scrollTop).toBe(101 * 50 - 500)
})

test('visible rows stay in place when rows are added or grow above them', () => {
  const viewport = viewportOf('end', keys(100, 200))
  viewport.onScroll(1_020)
  viewport.heights.setKeys(keys(50, 200))
  expect(viewport.layout().scrollTop).toBe(1_020 + 50 * 50)
  viewport.heights.measure('m55', 250)
  expect(viewport.layout().scrollTop).toBe(1_020 + 50 * 50 + 200)
})

test('visible rows stay in place when rows are added below them', () => {
  const viewport = viewportOf('end', keys(0, 100))
  viewport.onScroll(1_020)
  viewport.heights.setKeys(keys(0, 200))
  expect(viewport.layout().scrollTop).toBe(1_020)
})

test('goTo scrolls to a row, which stays in place when rows are measured', () => {
  const viewport = viewportOf('end', keys(0, 1_000))
  expect(viewport.goTo('m500', 0.2)).toBe(true)
  expect(viewport.layout().scrollTop).toBe(500 * 50 - 100)
  viewport.heights.measure('m499', 80)
  expect(viewport.layout().scrollTop).toBe(500 * 50 + 30 - 100)
  expect(viewport.goTo('nowhere')).toBe(false)
})

test('a list pinned to its top stays there when rows change their order', () => {
  const viewport = viewportOf('start', keys(0, 100))
  viewport.onScroll(0)
  viewport.heights.setKeys(['m99', ...keys(0, 99)])
  expect(viewport.layout().scrollTop).toBe(0)
})

test('a list that fits does not scroll', () => {
  expect(viewportOf('end', keys(0, 3)).layout()).toMatchObject({ scrollTop: 0, first: 0, last: 2 })
  expect(viewportOf('end', []).layout()).toMatchObject({ scrollTop: 0, first: 0, last: -1, total: 0 })
})
