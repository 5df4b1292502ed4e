import { once } from 'node:events'
import type { Alone } from '@chat/stack/alone'
import { forkProgram, killAtOnce } from './forked.ts'
import type { TestStack } from './stack.ts'

const PROGRAM = new URL('./service-program.ts', import.meta.url)

/** A service in a process of its own, ready, for tests that kill it; where the stack runs none, it is the only one. */
export async function startService(service: Alone, stack: TestStack) {
  const { config, root, mongoUrl, s3Url, webhookTimes } = stack
  const place = { config, root, natsUrl: stack.natsUrlOf(service), mongoUrl, s3Url, webhookTimes }
  const { child, told } = await forkProgram<{ port: number | null }>(PROGRAM, { service, place })
  return {
    /** Where clients reach it, if it is an edge. */
    url: `ws://127.0.0.1:${told.port}`,
    port: told.port,
    kill: () => killAtOnce(child),
    /** As a deploy does. */
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
export type ServiceProcess = Awaited<ReturnType<typeof startService>>
