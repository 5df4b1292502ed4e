import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import {
  connectAs,
  makeRoom,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// The package as an app gets it: packed, installed in a separate folder, used from Node and bundled for a page.

const run = promisify(execFile)
const BIN = resolve('node_modules/.bin')
const MAX_COMPRESSED = 30_000
let folder: string
let stack: TestStack
let alice: PlainClient
let built: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-package-'))
  stack = await startTestStack()
  alice = await connectAs(stack, 'alice')
  await stack.post('/v1/users/bob/token', { nickName: 'bob' })
  built = (await run(process.execPath, ['scripts/build-client.ts'])).stdout
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: 'libs/client/dist',
  })
  const packed: unknown = JSON.parse(stdout)
  const [{ filename }] = Object.values(packed as Record<string, { filename: string }>) as [
    { filename: string },
  ]
  await writeFile(join(folder, 'package.json'), '{ "name": "app", "private": true, "type": "module" }')
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, filename)], {
    cwd: folder,
  })
}, 180_000)
afterAll(async () => {
  alice?.close()
  await stack?.close()
  await rm(folder, { recursive: true, force: true })
})

test('the build prints the compressed sizes, which are within the limit', () => {
  const sizes = [...built.matchAll(/^(\S+) +\d+ bytes, (\d+) compressed$/gm)].map(([, file, size]) => [
    file,
    Number(size),
  ])
  expect(sizes.map(([file]) => file)).toEqual(['index.js', 'chat.min.js'])
  for (const [, size] of sizes) expect(size).toBeLessThan(MAX_COMPRESSED)
})

test('it depends on socket.io-client only, and imports nothing from this repository', async () => {
  const manifest = JSON.parse(await readFile(join(folder, 'node_modules/@chat/client/package.json'), 'utf8'))
  expect(Object.keys(manifest.dependencies)).toEqual(['socket.io-client'])
  expect(await readFile(join(folder, 'node_modules/@chat/client/index.js'), 'utf8')).not.toMatch(
    /@chat\/|typebox/,
  )
})

test('from Node it connects, sends and receives', async () => {
  const room = await makeRoom(alice, ['bob'], {}, 'From a package')
  await sendText(alice, room._id, 'hello package')
  await writeFile(
    join(folder, 'app.js'),
    `import { connect } from '@chat/client'
     const chat = connect({ url: process.env.URL, token: process.env.TOKEN })
     await chat.ready
     const { list: [room] } = await chat.ask('listenRooms')
     const { list: [message] } = await chat.ask('listenMessagesByRoom', { roomId: room._id, count: 1 })
     const sent = await chat.send({ roomId: room._id, text: 'hello back' })
     console.log(room.name, '|', message.data.content.text, '|', sent.seq)
     chat.close()`,
  )
  const env = { ...process.env, URL: stack.gatewayUrl, TOKEN: await stack.token('bob') }
  const { stdout } = await run(process.execPath, ['app.js'], { cwd: folder, env })
  expect(stdout.trim()).toBe('From a package | hello package | 2')
})

test('its types compile in a strict project and refuse names outside the contract', async () => {
  const options = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'dom'],
    types: [],
  }
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['app.ts'] }),
  )
  const typed = (lines: string) =>
    writeFile(
      join(folder, 'app.ts'),
      `import { connect, type Message, type Room, type ErrorCode } from '@chat/client'
       const chat = connect({ url: 'ws://127.0.0.1:1', token: 'x' })
       ${lines}`,
    )
  await typed(`const rooms: Promise<{ list: Room[] }> = chat.ask('listenRooms', { limit: 5 })
    const text = (message: Message): string | undefined => message.data.content.text
    const code: ErrorCode = 'USER_IS_MUTED'
    chat.onRoom('listenMessage', 'r', (message) => text(message)?.length)
    console.log(rooms, code)`)
  await run(join(BIN, 'tsc'), ['-p', folder])
  for (const wrong of [
    "chat.ask('listenRoms')",
    "chat.ask('listenRooms', { limit: 'five' })",
    "const code: ErrorCode = 'NOPE'",
  ]) {
    await typed(wrong)
    await expect(run(join(BIN, 'tsc'), ['-p', folder])).rejects.toMatchObject({
      stdout: expect.stringContaining('app.ts'),
    })
  }
}, 120_000)

test('a page can bundle it', async () => {
  await writeFile(join(folder, 'index.html'), '<script type="module" src="/page.js"></script>')
  await writeFile(
    join(folder, 'page.js'),
    `import { connect, memoryStore } from '@chat/client'
     window.chat = connect({ url: location.origin, token: 'x', store: memoryStore() })`,
  )
  await symlink(resolve('node_modules/vite'), join(folder, 'node_modules/vite'))
  const { stdout } = await run(process.execPath, [resolve('node_modules/vite/bin/vite.js'), 'build'], {
    cwd: folder,
  })
  expect(stdout).toMatch(/built in/)
  const size = Number(/index-\S+\.js +[\d.]+ kB │ gzip: +([\d.]+) kB/.exec(stdout)?.[1])
  expect(size).toBeGreaterThan(5)
  expect(size).toBeLessThan(MAX_COMPRESSED / 1000)
}, 60_000)
