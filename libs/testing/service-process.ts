import { once } from 'node:events'
import type { Alone, Place } from '@chat/stack/process'
import { forkProgram, killAtOnce } from './forked.ts'

const PROGRAM = new URL('./service-program.ts', import.meta.url)

/**
 * A service in a process of its own, ready, for tests that kill or stop it; where the stack runs none, it is the only
 * one. @param port of an edge; a free one without it
 */
export async function startService(
  service: Alone,
  stack: Place & { natsUrlOf?: (service: string) => string },
  port?: number,
) {
  const { config, root, mongoUrl, s3Url, webhookTimes, natsUrlOf = () => stack.natsUrl } = stack
  const place = { config, root, natsUrl: natsUrlOf(service), mongoUrl, s3Url, webhookTimes }
  const { child, told } = await forkProgram<{ port: number | null }>(PROGRAM, { service, place, port })
  return {
    pid: child.pid as number,
    /** Where clients reach it, if it is an edge. */
    url: `ws://127.0.0.1:${told.port}`,
    port: told.port,
    kill: () => killAtOnce(child),
    /** As a deploy does. @returns what it exited with, or the signal that it died of */
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
