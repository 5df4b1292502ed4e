import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Room } from '@chat/contract'
import { connectPlain, eventually, newestPage, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { demoRooms, demoUsers } from './demo-rooms.ts'

// The sign-in of the demo page, which exists only if the demo is on.

let stack: TestStack
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-demo-'))
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  stack = await startTestStack({ config: { demo: true }, pageFolder: folder, instances: { gateways: 2 } })
})
afterAll(async () => {
  await stack?.close()
  await rm(folder, { recursive: true, force: true })
})

const http = (of: TestStack, path: string, gateway = 0) =>
  `${(of.gatewayUrls[gateway] as string).replace('ws:', 'http:')}${path}`
const post = (path: string, headers = {}, gateway = 0) =>
  fetch(http(stack, path, gateway), { method: 'POST', headers })

async function enter(userId: string, gateway = 0) {
  const answer = await post(`/demo/tokens/${userId}`, {}, gateway)
  const { data } = (await answer.json()) as { data: { token: string } }
  return connectPlain(stack.gatewayUrl, data.token)
}

test('it lists the demo users', async () => {
  const answer = await fetch(http(stack, '/demo/users'))
  expect(await answer.json()).toMatchObject({
    success: true,
    data: { users: demoUsers, namespace: '/chat', push: null },
  })
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

test('concurrent first sign-ins on both gateways create each demo room once', async () => {
  const people = await Promise.all(demoUsers.map(({ _id }, index) => enter(_id, index % 2)))
  const [mina] = people
  const { list } = await (mina as (typeof people)[number]).get<{ list: Room[] }>('listenRooms', {})
  const own = demoRooms.filter(({ users }) => users.includes('demo-mina'))
  expect(list.map(({ name }) => name).sort()).toEqual(own.map(({ name }) => name).sort())
  for (const room of list) {
    const made = demoRooms.find(({ name }) => name === room.name)
    const seen = await newestPage(mina as (typeof people)[number], room._id)
    expect(seen.map(({ data }) => data.content.text)).toEqual(made?.lines.map(([, text]) => text))
    expect(room.joinUsers.filter(({ master }) => master).map(({ _id }) => _id)).toEqual([made?.users[0]])
  }
  for (const person of people) person.close()
})

test('a second sign-in creates nothing again and keeps later changes', async () => {
  const mina = await enter('demo-mina')
  const { list } = await mina.get<{ list: Room[] }>('listenRooms', {})
  await mina.get('updateRoomSetting', { roomId: list[0]?._id, updateData: { name: 'Renamed' } })
  const again = await enter('demo-mina', 1)
  await eventually(async () => {
    const later = await again.get<{ list: Room[] }>('listenRooms', {})
    expect(later.list.map(({ _id }) => _id).sort()).toEqual(list.map(({ _id }) => _id).sort())
    expect(later.list.map(({ name }) => name)).toContain('Renamed')
  })
  mina.close()
  again.close()
})

test.each([
  ['a user outside the demo', '/demo/tokens/alice', {}, 404, 'USER_NO_EXISTS'],
  ['a cross-site page', '/demo/tokens/demo-mina', { 'sec-fetch-site': 'cross-site' }, 403, 'FORBIDDEN'],
  ['no user', '/demo/users', {}, 400, 'INVALID_REQUEST'],
])('it issues no token for %s', async (_, path, headers, status, error) => {
  const answer = await post(path, headers)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ success: false, error })
})

test('with the demo off, neither the page nor the sign-in is served', async () => {
  const closed = await startTestStack()
  for (const path of ['/', '/demo/users']) expect((await fetch(http(closed, path))).status).toBe(404)
  expect((await fetch(http(closed, '/demo/tokens/demo-mina'), { method: 'POST' })).status).toBe(404)
  await closed.close()
})
