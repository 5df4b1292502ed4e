import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engines, obtain } from '@chat/engines'
import { eventually } from './eventually.ts'
import { freePort } from './process.ts'

/** A NATS server of one test, which the test kills and starts again, and whose streams it spoils meanwhile. */
export async function openNatsServer() {
  const dataDir = await mkdtemp(join(tmpdir(), 'chat-nats-'))
  const folder = join(dataDir, 'nats')
  await mkdir(folder)
  const wanted = engines.filter(({ name }) => name === 'nats')
  const [found] = (await obtain(wanted, { dataDir, env: process.env, log: () => {} })).values()
  if (!found) throw new Error('There is no NATS server')
  const { program, file } = found
  const { args, url } = await program.prepare({ folder, port: await freePort(), natsUsers: undefined })
  const isUp = () => program.answers(url)
  let child: ChildProcess | undefined
  const server = {
    url,
    start: async () => {
      child = spawn(file, args, { stdio: 'ignore' })
      await eventually(isUp)
    },
    kill: async (signal: NodeJS.Signals = 'SIGKILL') => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
    },
    /** Cuts off the end of a stream that is not served: what a crash takes that was not synced. */
    cutEnd: (stream: string, bytes: number) =>
      cutEnd(join(folder, 'jetstream', '$G', 'streams', stream), bytes),
    close: async () => {
      await server.kill()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}
export type NatsServer = Awaited<ReturnType<typeof openNatsServer>>

async function cutEnd(folder: string, bytes: number) {
  const messages = join(folder, 'msgs')
  const number = (name: string) => Number.parseInt(name, 10)
  const files = (await readdir(messages)).filter((name) => name.endsWith('.blk'))
  const last = join(messages, files.sort((a, b) => number(a) - number(b)).at(-1) as string)
  const { size } = await stat(last)
  await truncate(last, Math.max(0, size - bytes))
}
