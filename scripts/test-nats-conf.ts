// node scripts/setup.mjs scripts/test-nats-conf.ts <file>: writes the configuration of a NATS server for the tests. The
// server has a user for each role; clients without credentials may do everything.
import { writeFileSync } from 'node:fs'
import { natsConfig } from '@chat/engines'
import { natsUsers } from '@chat/testing'

const [file] = process.argv.slice(2)
if (!file) throw new Error('Name the file to write')
const server = { host: '0.0.0.0', port: 4222, folder: '/data', monitor: '127.0.0.1:8222' }
writeFileSync(file, natsConfig({ ...server, users: natsUsers, guest: 'test' }))
process.disconnect?.()
