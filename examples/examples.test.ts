import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import {
  connectAs,
  eventually,
  makeRoom,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
  testApiKey,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// Starts the examples as in their READMEs.

let stack: TestStack
let alice: PlainClient
const children: ChildProcess[] = []

beforeAll(async () => {
  stack = await startTestStack()
  alice = await connectAs(stack, 'alice')
  await stack.post('/v1/users/bob/token', { nickName: 'bob' })
})
afterAll(async () => {
  for (const child of children) child.kill()
  alice?.close()
  await stack?.close()
})

function start(
  file: string,
  args: string[],
  env: Record<string, string>,
  stderr: 'inherit' | 'pipe' = 'inherit',
) {
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', stderr],
  })
  children.push(child)
  const lines: string[] = []
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => lines.push(line))
  return { child, lines, errors: child.stderr ? text(child.stderr) : Promise.resolve('') }
}

test('socket.io-client and the original document suffice to list, read, send and mark as read', async () => {
  const room = await makeRoom(alice, ['bob'], {}, 'Plain')
  await sendText(alice, room._id, 'hello plain')
  const env = { CHAT_GATEWAY_URL: stack.gatewayUrl, TOKEN: await stack.token('bob') }
  const { child, lines } = start('examples/plain/chat.mjs', ['hello from bob'], env)
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(lines[0]).toBe('[Plain] 1 unread')
  expect(lines).toContain('alice: hello plain')
  expect(lines).toContain('bob: hello from bob')
  await eventually(() =>
    expect(
      alice
        .payloads<{ lastMessage: { data: unknown } }>('updateRoomLastMessage')
        .map(({ lastMessage }) => lastMessage.data),
    ).toContainEqual({ type: 'TEXT', content: { text: 'hello from bob' } }),
  )
})

test.each([
  ['is invalid', async () => 'not-a-token', 'TOKEN_INVALID'],
  ['has expired', () => stack.token('bob', { exp: 1 }), 'TOKEN_EXPIRED'],
])('a token that %s makes the example exit with the error code and status 1', async (_, token, code) => {
  const env = { CHAT_GATEWAY_URL: stack.gatewayUrl, TOKEN: await token() }
  const { child, errors } = start('examples/plain/chat.mjs', ['hello'], env, 'pipe')
  expect(await once(child, 'exit')).toEqual([1, null])
  expect(await errors).toBe(`not connected: ${code}\n`)
})

test('a back end gives each visitor a token and their own room', async () => {
  const env = {
    CHAT_API_KEY: testApiKey,
    CHAT_PLATFORM_URL: stack.platformUrl,
    CHAT_GATEWAY_URL: stack.gatewayUrl,
    PORT: '0',
  }
  const { lines } = start('examples/embed/server.mjs', [], env)
  const address = await eventually(() => new URL(lines[0] as string))
  const session = async (visitor: string) =>
    (await (await fetch(new URL(`/session?as=${visitor}`, address))).json()) as {
      token: string
      roomId: string
    }
  const [ann, again, ben] = [await session('ann'), await session('ann'), await session('ben')]
  expect(again.roomId).toBe(ann.roomId)
  expect(ben.roomId).not.toBe(ann.roomId)
  expect(await (await fetch(address)).text()).toContain('/page.js')
})
