import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Launch, Program, Site } from '../engine.ts'
import { goInstall } from '../obtain/recipes.ts'
import { natsConfig } from './nats-config.ts'

export const natsServer: Program = {
  command: 'nats-server',
  data: 'nats',
  cached: { folder: 'nats-server-2.15.2', file: 'nats-server' },
  build: goInstall('github.com/nats-io/nats-server/v2@v2.15.2', 'nats-server', 'about half a minute'),
  prepare,
  answers,
}

async function prepare({ folder, port, natsUsers }: Site): Promise<Launch> {
  const config = join(folder, 'nats.conf')
  const guest = natsUsers?.find(({ permissions }) => !permissions)?.name
  const server = { host: '127.0.0.1', port, folder, ...(natsUsers && { users: natsUsers }) }
  await writeFile(config, natsConfig({ ...server, ...(guest !== undefined && { guest }) }))
  return { args: ['-c', config], url: `nats://127.0.0.1:${port}` }
}

/** Connects as a client does. Only the server's PONG says that it accepts requests. */
function answers(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(Number(port), hostname)
  socket.setTimeout(2000, () => reject(new Error('NATS does not answer')))
  socket.once('error', reject).once('close', () => reject(new Error('NATS closed the connection')))
  let heard = ''
  socket.on('data', (bytes) => {
    if (heard === '') socket.write('CONNECT {"verbose":false}\r\nPING\r\n')
    heard += bytes
    if (heard.includes('PONG\r\n')) resolve()
  })
  return promise.finally(() => socket.destroy())
}
