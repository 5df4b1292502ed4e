import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const COLLECTED_BYTES = 8 * 1024 * 1024
const GROWTH_PERCENT = 100

let collect: (options: { type: 'minor' }) => void = () => {}
let passed = 0

/**
 * Sets V8 flags for a process that passes many buffers through, as the chunks of files. V8 counts such buffers as
 * growth of the heap and answers with full collections, which hold up messages for 10 ms and more each. Buffers die
 * young, and a minor collection takes less than 1 ms: `noteBytes` runs one every few MiB.
 */
export function tuneHeap() {
  // Gives what `--expose-gc` gives, without that flag on the command line.
  setFlagsFromString('--expose-gc')
  collect = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  // Room for buffers that are passing through. More would stay resident where many clients connect.
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}

export function noteBytes(count: number) {
  passed += count
  if (passed < COLLECTED_BYTES) return
  passed = 0
  collect({ type: 'minor' })
}
