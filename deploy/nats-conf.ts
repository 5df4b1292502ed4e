import { readFileSync, writeFileSync } from 'node:fs'
import { permissionsOf, type RoleName, roleNames } from '@chat/contract/permissions'
import { natsConfig } from '@chat/engines'

// npm run nats-conf: writes deploy/nats.conf, the NATS permissions for docker-compose.yml, from the roles in
// libs/contract. With --check it only reports whether the file is up to date.

/** Passwords come from the environment of the server. */
const passwordOf = (name: RoleName) => `$NATS_${name.replace('-', '_').toUpperCase()}`

const FILE = new URL('nats.conf', import.meta.url)
const text = `# Made of libs/contract/access/roles.ts by: npm run nats-conf
${natsConfig({
  host: '0.0.0.0',
  port: 4222,
  folder: '/data',
  monitor: '127.0.0.1:8222',
  users: roleNames.map((name) => ({ name, password: passwordOf(name), permissions: permissionsOf(name) })),
})}`

if (!process.argv.includes('--check')) writeFileSync(FILE, text)
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write('deploy/nats.conf is not what the roles say: run npm run nats-conf\n')
  process.exitCode = 1
}
