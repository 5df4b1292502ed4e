import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Alone } from '@chat/stack/alone'
import type { TestStack } from './stack.ts'

const PROGRAM = fileURLToPath(new URL('./service-program.ts', import.meta.url))

/** A service in a process of its own, ready, for tests that kill it; the stack runs without it. */
export async function startService(service: Alone, stack: TestStack) {
  const { config, root, natsUrl, mongoUrl, s3Url } = stack
  const place = JSON.stringify({ config, root, natsUrl, mongoUrl, s3Url })
  const child = fork(PROGRAM, [service, place], { execArgv: ['--disable-warning=ExperimentalWarning'] })
  const exited = once(child, 'exit')
  await Promise.race([once(child, 'message'), exited.then(() => Promise.reject(new Error(`no ${service}`)))])
  return {
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    /** As a deploy does. */
    stop: async () => {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
export type ServiceProcess = Awaited<ReturnType<typeof startService>>
