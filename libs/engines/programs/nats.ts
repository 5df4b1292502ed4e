import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import type { Program } from '../engine.ts'
import { goInstall } from '../obtain/recipes.ts'
import { natsConfig } from './nats-config.ts'

export const natsServer: Program = {
  command: 'nats-server',
  data: 'nats',
  cached: { folder: 'nats-server-2.15.2', file: 'nats-server' },
  build: goInstall('github.com/nats-io/nats-server/v2@v2.15.2', 'nats-server', 'about half a minute'),
  prepare: async ({ folder, port, natsUsers }) => {
    const config = join(folder, 'nats.conf')
    const guest = natsUsers?.find(({ permissions }) => !permissions)?.name
    const server = { host: '127.0.0.1', port, folder, ...(natsUsers && { users: natsUsers }) }
    await writeFile(config, natsConfig({ ...server, ...(guest !== undefined && { guest }) }))
    return { args: ['-c', config], url: `nats://127.0.0.1:${port}` }
  },
  answers: async (url) => {
    const client = await connect({ servers: url, reconnect: false, timeout: 2_000 })
    await client.close()
  },
}
