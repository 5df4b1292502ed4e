import { type Logger, pino } from 'pino'

export type { Logger }

/** Structured lines on standard output. `requestId` is the field that follows a request across services. */
export const createLogger = (level: string): Logger =>
  pino({
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  })
