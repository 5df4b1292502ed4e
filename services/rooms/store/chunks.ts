/** Few enough at a time that a message waits for a few milliseconds at most behind them. */
const AT_ONCE = 16
export const chunks = <T>(items: T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / AT_ONCE) }, (_, index) =>
    items.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  )
