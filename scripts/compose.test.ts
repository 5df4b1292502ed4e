import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { roleNames } from '@chat/contract/permissions'
import { afterAll, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { readImportGraph } from './testing/import-graph.ts'

// Checks docker-compose.yml as far as is possible without Docker; scripts/compose-rehearsal runs it.

const run = promisify(execFile)
const compose = await readFile('docker-compose.yml', 'utf8')
const mongoUrl = process.env.CHAT_TEST_MONGO_URL as string
const variableOf = (role: string) => `NATS_${role.replace('-', '_').toUpperCase()}`
const databases = ['rooms', 'messages', 'files', 'push', 'platform']

afterAll(async () => {
  const client = new MongoClient(mongoUrl)
  for (const name of databases) await client.db(`chat_${name}`).command({ dropAllUsersFromDatabase: 1 })
  await client.close()
})

test('deploy/nats.conf matches the roles', async () => {
  const { stderr } = await run(process.execPath, ['deploy/nats-conf.ts', '--check'])
  expect(stderr).toBe('')
})

test('every role but the operator is a service that signs in as its own user', async () => {
  const config = await readFile('deploy/nats.conf', 'utf8')
  for (const role of roleNames) {
    expect(config).toContain(`user: ${role}\n      password: $${variableOf(role)}\n`)
    expect(compose).toContain(`${variableOf(role)}: \${${variableOf(role)}:?}`)
    if (role === 'operator') continue
    expect(compose).toContain(`CHAT_NATS_URL: nats://${role}:\${${variableOf(role)}:?}@nats:4222`)
    expect(compose).toContain(`command: ["node", "services/${role}/main.ts"]`)
    expect((await stat(`services/${role}/main.ts`)).isFile()).toBe(true)
  }
})

test('npm run env sets every required variable once, in a file that only its owner reads', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chat-env-'))
  await copyFile('.env.example', join(folder, '.env.example'))
  const script = resolve('scripts/env.mjs')
  await run(process.execPath, [script], { cwd: folder })
  const written = await readFile(join(folder, '.env'), 'utf8')
  await run(process.execPath, [script], { cwd: folder })
  expect(await readFile(join(folder, '.env'), 'utf8')).toBe(written)
  expect((await stat(join(folder, '.env'))).mode & 0o077).toBe(0)
  await rm(folder, { recursive: true })

  const values = new Map([...written.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]))
  for (const [, name] of compose.matchAll(/\$\{(\w+):\?/g))
    expect(values.get(name)).toMatch(/^[a-z][a-z0-9]{40,}$/)
  expect(values.get('CHAT_JWT_SECRET')?.length).toBeGreaterThanOrEqual(32)
})

test('the image has every file and package that its programs import', async () => {
  const dockerfile = await readFile('Dockerfile', 'utf8')
  const stage = dockerfile.slice(dockerfile.indexOf('AS service\n'), dockerfile.indexOf('AS files\n'))
  const copied = [...stage.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '))
  const ignored = await readFile('.dockerignore', 'utf8')
  for (const path of copied) expect(ignored).toContain(`!${path.split('/')[0]}\n`)

  const { staticImports } = await readImportGraph()
  const programs = [...staticImports.keys()].filter((file) =>
    /^services\/[\w-]+\/main\.ts$|^scripts\/(admin|backup|restore)\.ts$|^deploy\/mongo-init\.ts$/.test(file),
  )
  expect(programs).toHaveLength(roleNames.length + 3)
  const needed = new Set(programs)
  for (const file of needed) for (const target of staticImports.get(file) ?? []) needed.add(target)
  const missing = [...needed].filter(
    (file) => !copied.some((path) => file === path || file.startsWith(`${path}/`)),
  )
  expect(missing).toEqual([])

  // npm links the selected workspaces and the packages that they depend on.
  const [, flags = ''] = /npm ci --omit=dev .*?((?: --workspace=\S+)+)/.exec(dockerfile) ?? []
  const selected = [...flags.matchAll(/=(\S+)/g)].map(([, path = '']) => path)
  const workspaces = new Set([...needed].map((file) => file.split('/')[0]))
  for (const workspace of ['services', 'stack'])
    if (workspaces.has(workspace)) expect(selected).toContain(workspace)
})

test('mongo-init sets MongoDB up, and changes nothing when it runs again', async () => {
  const place = { ...process.env, MONGO_URL: mongoUrl, MONGO_HOST: new URL(mongoUrl).host }
  const passwords = (time: string) =>
    Object.fromEntries(databases.map((name) => [`MONGO_${name.toUpperCase()}`, `${time}-of-${name}`]))
  const env = { ...place, ...passwords('first') }
  const first = await run(process.execPath, ['deploy/mongo-init.ts'], { env })
  for (const name of databases) expect(first.stdout).toContain(`${name} may use chat_${name}`)
  const again = await run(process.execPath, ['deploy/mongo-init.ts'], {
    env: { ...place, ...passwords('second') },
  })
  expect(again.stdout).toBe('MongoDB is ready\n')

  const url = new URL(mongoUrl)
  Object.assign(url, { username: 'rooms', password: 'second-of-rooms', pathname: '/chat_rooms' })
  const client = new MongoClient(url.href)
  expect(await client.db().command({ connectionStatus: 1 })).toMatchObject({
    authInfo: { authenticatedUsers: [{ user: 'rooms', db: 'chat_rooms' }] },
  })
  await client.close()
})

test('mongo-init names each database without a password and creates no user', async () => {
  const env = { ...process.env, MONGO_URL: mongoUrl, MONGO_ROOMS: 'one', MONGO_FILES: 'two' }
  await expect(run(process.execPath, ['deploy/mongo-init.ts'], { env })).rejects.toThrow(
    'no password for messages, push, platform',
  )
})

test('each service has the password of its own database only', () => {
  const used = [...compose.matchAll(/mongodb:\/\/(\w+):\$\{(\w+):\?\}@/g)].map(([, user, variable]) => [
    user,
    variable,
  ])
  const own = databases.map((name) => [name, `MONGO_${name.toUpperCase()}`])
  // To initiate the replica set, and for backups.
  const admin = ['admin', 'MONGO_ADMIN_PASSWORD']
  expect(used.toSorted()).toEqual([admin, admin, ...own].toSorted())
})

test('the published ports do not serve /metrics', async () => {
  const frontends = (await readFile('deploy/haproxy.cfg', 'utf8')).split(/^(?=\w)/m)
  for (const port of [3000, 3001]) {
    const frontend = frontends.find((each) => each.startsWith('frontend') && each.includes(`bind :${port}`))
    expect(frontend).toContain('http-request return status 404 if { path /metrics }')
  }
  const published = [...compose.matchAll(/ports: \[(.*)\]/g)].map(([, ports]) => ports)
  expect(published).toEqual([expect.stringContaining('7070'), expect.stringMatching(/:3000".*:3001"/)])
})
