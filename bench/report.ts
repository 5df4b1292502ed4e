import type { Idle } from './idle.ts'
import type { Loads, System } from './measure.ts'
import type { Inside, Step } from './observer.ts'

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

export type Results = {
  loads: Partial<Record<System, Loads[]>>
  idle: { product: Idle; floor: Idle } | null
}
type Row = { label: string; of: (system: System) => number }

const STEPS: [Step, label: string][] = [
  ['gateway', 'mean send in gateway, ms'],
  ['messages', 'mean send in messages, ms'],
  ['waiting', 'of it waiting for the insert before, ms'],
  ['storing', 'of it the insert, ms'],
  ['publishing', 'from storing until the stream has it, ms'],
]
const PROCESSES = ['server', 'nats', 'mongo', 'load']

type Figure = (loads: Loads) => number | null | undefined
const durableSends: Figure = (each) => each.durableSends
const ackP50: Figure = (each) => each.latency.p50
const endLag = (inside: Inside | null) => inside && Math.max(0, ...Object.values(inside.endLagSeconds))
const ackP99: Figure = (each) => each.latency.p99

/** The median over the rounds; NaN where the system has no such figure. */
function medianOf({ loads }: Results, system: System, members: number, figure: Figure): number {
  const rounds = loads[system]?.filter((each) => each.members === members) ?? []
  return median(rounds.map((each) => figure(each) ?? Number.NaN))
}

function rowsOf(results: Results): Row[] {
  const { idle } = results
  const row = (members: number, label: string, figure: Figure): Row => ({
    label: `rooms of ${members}: ${label}`,
    of: (system) => medianOf(results, system, members, figure),
  })
  const rows = [1, 10].flatMap((members) => [
    row(members, 'messages/s', durableSends),
    row(members, 'ack p50 at 200/s, ms', ackP50),
    row(members, 'ack p99 at 200/s, ms', ackP99),
    row(members, 'event-loop delay p99 at 200/s, ms', (each) => each.observedOpen.inside?.loopDelayMs.p99),
    row(members, 'event-loop delay max at 200/s, ms', (each) => each.observedOpen.inside?.loopDelayMs.max),
    ...STEPS.map(([step, label]) => row(members, label, (each) => each.observed.inside?.meanMs[step])),
    row(members, 'events waiting for the stream', (each) => each.observed.inside?.maxWaitingEvents),
    row(members, 'consumer lag at most, s', (each) => each.observed.inside?.maxLagSeconds),
    row(members, 'consumer lag at the end, s', (each) => endLag(each.observed.inside)),
    ...PROCESSES.map((name) =>
      row(members, `CPU of ${name}, ms a message`, (each) => each.observed.cpu[name]),
    ),
  ])
  const memory = (name: 'rssMiB' | 'liveMiB', label: string): Row => ({
    label: `1,000 idle: ${label}, MiB`,
    of: (system) => (system === 'base' ? undefined : idle?.[system][name]) ?? Number.NaN,
  })
  return idle ? [...rows, memory('rssMiB', 'resident'), memory('liveMiB', 'heap and buffers')] : rows
}

export function printTable(results: Results) {
  const hasBase = results.loads.base !== undefined
  const line = (...cells: string[]) =>
    print(cells.map((cell, column) => (column === 0 ? cell.padEnd(56) : cell.padStart(11))).join(''))
  const figure = (value: number) =>
    !Number.isFinite(value) ? '' : value >= 100 ? value.toFixed(0) : value.toFixed(2)
  print('')
  line('', 'product', 'floor', 'ratio', ...(hasBase ? ['base', 'of base'] : []))
  for (const { label, of } of rowsOf(results)) {
    const [product, floor, base] = [of('product'), of('floor'), of('base')]
    const compared = hasBase ? [figure(base), figure(product / base)] : []
    line(label, figure(product), figure(floor), figure(product / floor), ...compared)
  }
  print('')
}

/** The last line: the figures that the goals are about. */
export function summaryOf(results: Results) {
  const { idle } = results
  const product = (members: number, figure: Figure) => medianOf(results, 'product', members, figure)
  const ratio = (members: number) =>
    product(members, durableSends) / medianOf(results, 'floor', members, durableSends)
  return {
    ratios: { durableSends1: ratio(1), durableSends10: ratio(10) },
    ackMs1: { p50: product(1, ackP50), p99: product(1, ackP99) },
    ackMs10: { p50: product(10, ackP50), p99: product(10, ackP99) },
    // Resident memory counts, but after an earlier peak it may not grow any more.
    idleMiBPer1000: idle ? Math.max(idle.product.rssMiB, idle.product.liveMiB) : null,
  }
}
