import { constants, setPriority } from 'node:os'
import type { Logger } from '../telemetry/logger.ts'

const STOP_DEADLINE_MS = 9_000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** For a process with bulk work: other processes of the machine go first. */
export const lowerPriority = () => setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

/**
 * Runs until a signal, or until the parent process ends its channel. Then closes and exits with 0, or with 1 where
 * closing fails or takes too long. A signal during the start takes effect after the start.
 */
export async function runUntilStopped(starting: Promise<{ close: () => Promise<void> }>, logger: Logger) {
  const stopped = Promise.withResolvers<string>()
  for (const signal of SIGNALS) process.on(signal, () => stopped.resolve(signal))
  process.on('disconnect', () => stopped.resolve('parent has ended'))
  process.on('unhandledRejection', (err) => logger.error({ err }, 'unhandled rejection'))
  process.on('uncaughtException', (err) => {
    logger.fatal({ err }, 'uncaught exception')
    process.exitCode = 1
    stopped.resolve('uncaught exception')
  })

  const { close } = await starting
  logger.info({ reason: await stopped.promise }, 'stopping')
  const deadline = setTimeout(() => {
    logger.error({}, 'stopping took too long')
    process.exit(1)
  }, STOP_DEADLINE_MS)
  try {
    await close()
    logger.info({}, 'stopped')
  } catch (err) {
    logger.error({ err }, 'closing failed')
    process.exitCode = 1
  }
  clearTimeout(deadline)
  process.exit()
}
