import { once } from 'node:events'
import type { Place, StackService } from '@chat/stack/testing'
import { forkProgram, killAtOnce } from './forked.ts'

const PROGRAM = new URL('./service-program.ts', import.meta.url)

/**
 * Starts a service in a process of its own, for tests that kill or stop it. The stack may run other instances.
 * @param port of an edge; a free one by default
 */
export async function startService(
  service: StackService,
  stack: Place & { natsUrlOf?: (service: string) => string },
  port?: number,
) {
  const { config, root, mongoUrl, s3Url, webhookTimes, natsUrlOf = () => stack.natsUrl } = stack
  const place = { config, root, natsUrl: natsUrlOf(service), mongoUrl, s3Url, webhookTimes }
  const { child, told } = await forkProgram<{ port: number | null }>(PROGRAM, { service, place, port })
  return {
    pid: child.pid as number,
    /** The address of an edge. */
    url: `ws://127.0.0.1:${told.port}`,
    port: told.port,
    kill: () => killAtOnce(child),
    /** Stops it as a deploy does. @returns its exit code or signal */
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill('SIGTERM')
        await exited
      }
      return child.exitCode ?? child.signalCode
    },
  }
}
export type ServiceProcess = Awaited<ReturnType<typeof startService>>
