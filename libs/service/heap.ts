import { setFlagsFromString } from 'node:v8'

/**
 * Buffers that only pass through, as the chunks of files do, count as growth of the heap. By its own measure V8 then
 * collects all of it after every dozen of them, and each time messages wait for tens of milliseconds.
 */
const GROWTH_PERCENT = 300

/** Makes this process collect its whole heap no sooner than that much has come to what was in use. */
export const letHeapGrow = () => setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
