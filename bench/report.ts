import type { Idle } from './idle.ts'
import type { Loads, System } from './measure.ts'

export const print = (line: string) => process.stdout.write(`${line}\n`)
export const printJson = (value: object) => print(JSON.stringify(value, round))

const round = (_key: string, value: unknown) =>
  typeof value === 'number' ? Number(value.toPrecision(4)) : value

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export type Results = { loads: Record<System, Loads[]>; idle: Record<System, Idle> | null }

type Row = { name: string; label: string; product: number; floor: number }

/** One row per figure: medians over the rounds. */
function rowsOf({ loads, idle }: Results): Row[] {
  const row = (members: number, name: string, label: string, figure: (loads: Loads) => number): Row => {
    const of = (system: System) =>
      median(loads[system].filter((each) => each.members === members).map((each) => figure(each)))
    return { name: `${name}${members}`, label, product: of('product'), floor: of('floor') }
  }
  const rows = [1, 10].flatMap((members) => [
    row(members, 'durableSends', `rooms of ${members}: messages/s`, (each) => each.durableSends),
    row(members, 'ackP50Ms', `rooms of ${members}: ack p50 at 200/s, ms`, (each) => each.latency.p50),
    row(members, 'ackP99Ms', `rooms of ${members}: ack p99 at 200/s, ms`, (each) => each.latency.p99),
  ])
  if (!idle) return rows
  const memory = (name: keyof Idle & `${string}MiB`, label: string): Row => ({
    name,
    label: `1,000 idle: ${label}, MiB`,
    product: idle.product[name],
    floor: idle.floor[name],
  })
  return [...rows, memory('rssMiB', 'resident'), memory('liveMiB', 'heap and buffers')]
}

export function printTable(results: Results) {
  const line = (...cells: string[]) =>
    print(cells.map((cell, column) => (column === 0 ? cell.padEnd(36) : cell.padStart(10))).join(''))
  const figure = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2))
  print('')
  line('', 'product', 'floor', 'ratio')
  for (const { label, product, floor } of rowsOf(results))
    line(label, figure(product), figure(floor), figure(product / floor))
  print('')
}

/** The last line: the figures that the goals are about. */
export function summaryOf(results: Results) {
  const rows = new Map(rowsOf(results).map((row) => [row.name, row]))
  const ratio = (name: string) => {
    const { product, floor } = rows.get(name) as Row
    return product / floor
  }
  return {
    ratios: { durableSends1: ratio('durableSends1'), durableSends10: ratio('durableSends10') },
    ackP50Ms: rows.get('ackP50Ms10')?.product,
    ackP99Ms: rows.get('ackP99Ms10')?.product,
    // Resident memory counts, but after an earlier peak it may not grow any more.
    idleMiBPer1000: results.idle ? Math.max(results.idle.product.rssMiB, results.idle.product.liveMiB) : null,
  }
}
