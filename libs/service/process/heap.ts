import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Buffers that only pass through, as the chunks of files do, count as growth of the heap, and V8 answers that by
 * collecting all of it, again and again: each time messages wait for ten milliseconds and more. They die young, and
 * collecting the young takes less than one.
 */
const COLLECTED_BYTES = 8 * 1024 * 1024
const GROWTH_PERCENT = 100

/** What `--expose-gc` gives, without asking everybody who starts a process to set it. */
type Collect = (options: { type: 'minor' }) => void
setFlagsFromString('--expose-gc')
const collect: Collect = runInNewContext('gc')
setFlagsFromString('--no-expose-gc')
// What is passing through just then does not count either; more room than this would stay resident where many connect.
setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)

let passed = 0

/** Tells that so many bytes have passed through this process; collects what is left of them every few MiB. */
export function noteBytes(count: number) {
  passed += count
  if (passed < COLLECTED_BYTES) return
  passed = 0
  collect({ type: 'minor' })
}
