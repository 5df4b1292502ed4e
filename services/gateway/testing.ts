import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TestStack } from '@chat/testing'

const PROGRAM = fileURLToPath(new URL('./alone.ts', import.meta.url))

/** A gateway of the stack that can be killed. */
export async function startGateway({ config, root, natsUrl }: TestStack) {
  const place = JSON.stringify({ config, root, natsUrl })
  const child: ChildProcess = fork(PROGRAM, [place], { execArgv: ['--disable-warning=ExperimentalWarning'] })
  const [port] = await once(child, 'message')
  return {
    url: `ws://127.0.0.1:${port}`,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}
