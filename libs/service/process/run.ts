import type { Logger } from '../telemetry/logger.ts'

const STOP_DEADLINE_MS = 9_000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs until the process is told to stop, then closes, then exits: 0, or 1 where closing failed or took too long.
 * Also stops when the process that started it is gone, where that one keeps a channel to it. A signal that comes
 * while the stack is still starting is kept until it has started, or failed to.
 */
export async function runUntilStopped(starting: Promise<{ close: () => Promise<void> }>, logger: Logger) {
  const told = Promise.withResolvers<string>()
  for (const signal of SIGNALS) process.on(signal, () => told.resolve(signal))
  process.on('disconnect', () => told.resolve('parent is gone'))
  process.on('unhandledRejection', (err) => logger.error({ err }, 'a rejection nobody handles'))
  process.on('uncaughtException', (err) => {
    logger.fatal({ err }, 'an exception nobody handles')
    process.exitCode = 1
    told.resolve('uncaught exception')
  })

  const { close } = await starting
  logger.info({ reason: await told.promise }, 'stopping')
  const deadline = setTimeout(() => {
    logger.error({}, 'stopping took too long')
    process.exit(1)
  }, STOP_DEADLINE_MS)
  try {
    await close()
    logger.info({}, 'stopped')
  } catch (err) {
    logger.error({ err }, 'not everything could be closed')
    process.exitCode = 1
  }
  clearTimeout(deadline)
  process.exit()
}
