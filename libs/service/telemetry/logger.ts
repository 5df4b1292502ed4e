import { type Logger, pino } from 'pino'
import { faultOf } from '../bus/outage-fault.ts'

export type { Logger }

/** Structured lines on standard output. `requestId` is the field that follows a request across services. */
export const createLogger = (level: string): Logger =>
  pino({
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError, reason: describeError },
  })

/** While a dependency is away, every request and every job says so: a stack would say nothing more, and fill disks. */
export function describeError(error: unknown) {
  if (!(error instanceof Error)) return error
  const { type, message, ...rest } = pino.stdSerializers.err(error)
  return faultOf(error) ? { type, message } : { type, message, ...rest }
}
