import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { glob, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import {
  connectAs,
  connectPlain,
  eventually,
  freePort,
  listed,
  makeClone,
  newestPage,
  startTestStack,
  type TestStack,
  testApiKey,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { blocksOf } from './testing/blocks.ts'

// Runs the commands and the code of every guide as they are written, in a clone and beside a running stack.

/** The typed client is built before the guide's server starts. */
const BUILT_WITHIN_MS = 90_000

type Ran = { lines: string[]; ended: Promise<{ code: number | null; errors: string }> }

let stack: TestStack
let clone: Awaited<ReturnType<typeof makeClone>>
const ends: (() => void)[] = []

beforeAll(async () => {
  stack = await startTestStack({ config: { webhooksMayBePrivate: true } })
  clone = await makeClone()
})
afterAll(async () => {
  for (const end of ends) end()
  await stack?.close()
  await clone?.remove()
})

/** The addresses of this stack, and the values that a reader fills in. */
const here = (code: string) =>
  code
    .replaceAll('<the key that npm start printed>', testApiKey)
    .replaceAll('http://127.0.0.1:3001', stack.platformUrl)
    .replaceAll('wss://chat.example.com', stack.gatewayUrl)

function run(program: string, args: string[], env: Record<string, string> = {}): Ran {
  const child = spawn(program, args, {
    cwd: clone.folder,
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      CHAT_GATEWAY_URL: stack.gatewayUrl,
      CHAT_PLATFORM_URL: stack.platformUrl,
      PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that the shell's children end with it.
    detached: true,
  })
  const group = -(child.pid as number)
  ends.push(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(group, 'SIGKILL')
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const ended = Promise.all([once(child, 'exit') as Promise<[number | null]>, text(child.stderr)])
  return { lines, ended: ended.then(([[code], errors]) => ({ code, errors })) }
}

/** Runs all commands of a guide in order. */
async function runCommands(file: string): Promise<Ran> {
  const blocks = await blocksOf(file)
  const commands = here(
    blocks
      .filter(({ language }) => language === 'sh')
      .map(({ code }) => code)
      .join(''),
  )
  expect(commands).not.toMatch(/<[a-z ]+>/)
  return run('bash', ['-euo', 'pipefail', '-c', commands])
}

/** A program with a guide's code, and the code that its reader has around it. */
async function runCode(file: string, { before, after }: { before: string; after: string }) {
  const [block] = (await blocksOf(file)).filter(({ language }) => language === 'ts')
  const program = join(clone.folder, 'guide.mts')
  await writeFile(program, `${before}\n${here(block?.code ?? '')}\n${after}\n`)
  return run(process.execPath, [program], { TOKEN: await stack.token('reader') })
}

async function expectPlainClient(file: string) {
  const { lines, ended } = await runCommands(file)
  expect(await ended).toMatchObject({ code: 0 })
  expect(lines).toContain('Alice: Hello')
  const bob = await connectAs(stack, 'bob')
  const roomId = /"_id":"([^"]+)"/.exec(lines.join('\n'))?.[1] as string
  const [message] = await newestPage(bob, roomId)
  expect(message).toMatchObject({ author: { authorId: 'alice' }, data: { content: { text: 'Hello' } } })
  bob.close()
}

async function expectShop(file: string) {
  const { lines } = await runCommands(file)
  const started = () => new URL(lines.find((line) => line.startsWith('http')) as string)
  const address = await eventually(started, BUILT_WITHIN_MS)
  for (const path of ['/', '/page.js', '/chat.min.js'])
    expect((await fetch(new URL(path, address))).status).toBe(200)
  const session = await fetch(new URL(`/session${address.search}`, address))
  const { token, roomId, gateway } = (await session.json()) as Record<'token' | 'roomId' | 'gateway', string>
  const visitor = await connectPlain(gateway, token)
  expect(await listed(visitor, roomId)).toMatchObject({ name: 'Support for ann' })
  visitor.close()
}

/** Creates the webhook, starts its receiver, and checks the events that it receives. */
async function expectReceiver(file: string) {
  const port = String(await freePort())
  const [command, receiver] = (await blocksOf(file)).map(({ code }) =>
    here(code).replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`),
  )
  const made = run('bash', ['-euo', 'pipefail', '-c', command ?? ''], { KEY: testApiKey })
  expect(await made.ended).toMatchObject({ code: 0 })
  const answer = () => JSON.parse(made.lines.join('')) as { data: { secret: string } }
  const { data } = await eventually(answer)
  const program = join(clone.folder, 'receiver.mjs')
  await writeFile(program, receiver ?? '')
  const { lines } = run(process.execPath, [program], { WEBHOOK_SECRET: data.secret, PORT: port })
  const room = { name: 'Told', roomType: 'GROUP', joinUsers: [{ _id: 'ann', nickName: 'Ann' }] }
  expect((await stack.post('/v1/rooms', room)).status).toBe(201)
  const told = expect.stringMatching(/^room\.created .*"name":"Told"/)
  await eventually(() => expect(lines).toContainEqual(told), BUILT_WITHIN_MS)
}

const guides: Record<string, (file: string) => Promise<void>> = {
  'docs/original-document.md': expectPlainClient,
  'docs/embedding.md': async (file) => {
    await expectShop(file)
    const before = `
import 'fake-indexeddb/auto'
const userId = 'reader'
const fetch = async (_path: string) => new Response(process.env.TOKEN)`
    const after = `
await chat.ready
console.log('rooms:', (await chat.ask('listenRooms', {})).list.length)
chat.close()`
    const { lines, ended } = await runCode(file, { before, after })
    expect(await ended).toMatchObject({ code: 0 })
    expect(lines).toEqual(['rooms: 0'])
  },
  'docs/webhooks.md': expectReceiver,
  'examples/plain/README.md': expectPlainClient,
  'examples/embed/README.md': expectShop,
}

test('every guide has a test here, and each Korean guide has the code of its English one', async () => {
  const files: string[] = []
  for await (const file of glob(['docs/*.md', 'examples/*/README*.md']))
    files.push(file.replaceAll('\\', '/'))
  const withCode = await Promise.all(
    files.map(async (file) => {
      const blocks = await blocksOf(file)
      return blocks.some(({ language }) => language !== '') ? [file] : []
    }),
  )
  const english = withCode.flat().filter((file) => !file.endsWith('.ko.md'))
  expect(english.toSorted()).toEqual(Object.keys(guides).toSorted())
  for (const file of withCode.flat().filter((file) => file.endsWith('.ko.md')))
    expect(await blocksOf(file)).toEqual(await blocksOf(file.replace('.ko.md', '.md')))
})

test.each(Object.entries(guides))('the commands and code of %s work', async (file, check) => {
  expect(await readFile(file, 'utf8')).not.toBe('')
  await check(file)
})
