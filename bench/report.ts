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

export type Results = {
  loads: Partial<Record<System, Loads[]>>
  idle: { product: Idle; floor: Idle } | null
}
type Row = { label: string; of: (system: System) => number }

const PROCESSES = ['server', 'nats', 'mongo', 'load']

/** One row per figure: medians over the rounds; NaN where a system has no such figure. */
function rowsOf({ loads, idle }: Results): Row[] {
  const row = (members: number, label: string, figure: (loads: Loads) => number | null | undefined): Row => ({
    label: `rooms of ${members}: ${label}`,
    of: (system) => {
      const rounds = loads[system]?.filter((each) => each.members === members) ?? []
      return median(rounds.map((each) => figure(each) ?? Number.NaN))
    },
  })
  const rows = [1, 10].flatMap((members) => [
    row(members, 'messages/s', (each) => each.durableSends),
    row(members, 'ack p50 at 200/s, ms', (each) => each.latency.p50),
    row(members, 'ack p99 at 200/s, ms', (each) => each.latency.p99),
    row(members, 'mean send in gateway, ms', (each) => each.observed.gatewayMs),
    row(members, 'mean send in messages, ms', (each) => each.observed.messagesMs),
    row(members, 'consumer lag at most, s', (each) => each.observed.maxLagSeconds),
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
    print(cells.map((cell, column) => (column === 0 ? cell.padEnd(40) : cell.padStart(11))).join(''))
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
  const rows = new Map(rowsOf(results).map(({ label, of }) => [label, of]))
  const figure = (label: string, system: System) => rows.get(label)?.(system) ?? Number.NaN
  const ratio = (label: string) => figure(label, 'product') / figure(label, 'floor')
  const { idle } = results
  return {
    ratios: {
      durableSends1: ratio('rooms of 1: messages/s'),
      durableSends10: ratio('rooms of 10: messages/s'),
    },
    ackP50Ms: figure('rooms of 10: ack p50 at 200/s, ms', 'product'),
    ackP99Ms: figure('rooms of 10: ack p99 at 200/s, ms', 'product'),
    // Resident memory counts, but after an earlier peak it may not grow any more.
    idleMiBPer1000: idle ? Math.max(idle.product.rssMiB, idle.product.liveMiB) : null,
  }
}
