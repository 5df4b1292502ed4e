import { Scope } from '@chat/service'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const

/**
 * Runs a script to its end, closes what it opened, and exits: 0 where it resolves with true. When it is interrupted,
 * or the process that started it is gone, what is open is closed first.
 */
export async function runScript(
  run: (scope: Scope, interrupted: AbortSignal) => Promise<boolean>,
): Promise<never> {
  const scope = new Scope()
  const abort = new AbortController()
  for (const signal of SIGNALS) process.once(signal, () => abort.abort())
  // The reader of the output is gone.
  process.stdout.on('error', () => abort.abort())
  abort.signal.addEventListener('abort', () => void scope.close().catch(console.error))
  let code = 1
  try {
    if (await run(scope, abort.signal)) code = 0
  } catch (error) {
    if (!abort.signal.aborted) console.error(error)
  }
  await scope.close()
  process.exit(abort.signal.aborted ? 130 : code)
}
