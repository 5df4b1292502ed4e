import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
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

/** Connects as a client does: the server accepts requests. */
async function answers(url: string): Promise<void> {
  const client = await connect({ servers: url, reconnect: false, timeout: 2_000 })
  await client.close()
}
