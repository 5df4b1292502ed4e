const SIZES = ['B', 'KB', 'MB', 'GB', 'TB']

/** In steps of 1024. */
export function bytes(count: number): string {
  const step = count < 1 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log2(count) / 10))
  return `${Number((count / 1024 ** step).toFixed(1))} ${SIZES[step]}`
}

const TIMES: [unit: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
]

export function duration(ms: number): string {
  const [unit, length] = TIMES.find(([, length]) => ms >= length) ?? ['ms', 1]
  return `${Number((ms / length).toFixed(1))} ${unit}`
}
