import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Program } from '../engine.ts'
import { goInstall } from '../obtain/recipes.ts'

export const versitygw: Program = {
  command: 'versitygw',
  data: 's3',
  cached: { folder: 'versitygw-1.8.0', file: 'versitygw' },
  build: goInstall('github.com/versity/versitygw/cmd/versitygw@v1.8.0', 'versitygw', 'about two minutes'),
  prepare: async ({ folder, port }) => {
    const objects = join(folder, 'objects')
    // Metadata in files: not every file system has extended attributes.
    const metadata = join(folder, 'metadata')
    await Promise.all([objects, metadata].map((each) => mkdir(each, { recursive: true })))
    const { access, secret } = await credentials(join(folder, 'credentials.json'))
    return {
      args: ['--quiet', '--port', `127.0.0.1:${port}`, 'posix', '--sidecar', metadata, objects],
      // Every user of the machine can read arguments.
      env: { ROOT_ACCESS_KEY: access, ROOT_SECRET_KEY: secret },
      url: `http://${access}:${secret}@127.0.0.1:${port}`,
      isBulk: true,
    }
  },
  answers: async (url) => {
    await fetch(`http://${new URL(url).host}`, { method: 'HEAD' })
  },
}

async function credentials(file: string): Promise<{ access: string; secret: string }> {
  const kept = await readFile(file, 'utf8').catch(() => undefined)
  if (kept !== undefined) return JSON.parse(kept)
  const made = { access: randomBytes(10).toString('hex'), secret: randomBytes(20).toString('hex') }
  await writeFile(file, JSON.stringify(made), { mode: 0o600 })
  return made
}
