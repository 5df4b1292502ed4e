import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { engines, obtain } from '@chat/engines'
import { freePort } from './process.ts'

/** A NATS server of one test, which may kill it and cut off the end of its streams. It has no users. */
export async function startOwnNats() {
  const folder = await mkdtemp(join(tmpdir(), 'chat-nats-'))
  const nats = engines.filter(({ name }) => name === 'nats')
  const [found] = (await obtain(nats, { dataDir: folder, env: process.env, log: () => {} })).values()
  if (!found) throw new Error('There is no nats-server')
  const { program, file } = found
  const { args, url } = await program.prepare({ folder, port: await freePort() })
  let child: ChildProcess

  const start = async () => {
    child = spawn(file, args, { stdio: 'ignore' })
    for (;;) {
      try {
        return await program.answers(url)
      } catch {
        await delay(50)
      }
    }
  }
  const kill = async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  await start()
  return {
    url,
    start,
    kill,
    /** Cuts off so many bytes of a stream's last block file, as a power cut takes what was not synced. */
    cutEnd: async (stream: string, bytes: number) => {
      const blocks = join(folder, 'jetstream', '$G', 'streams', stream, 'msgs')
      const files = (await readdir(blocks)).filter((name) => name.endsWith('.blk'))
      const last = files.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).at(-1) as string
      const path = join(blocks, last)
      await truncate(path, Math.max(0, (await stat(path)).size - bytes))
      // Written now and then; a server that has lost its end has no newer one.
      await rm(join(blocks, 'index.db'), { force: true })
    },
    close: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
export type OwnNats = Awaited<ReturnType<typeof startOwnNats>>
