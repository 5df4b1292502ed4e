import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  freePort,
  makeRoom,
  openDatabase,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AckPolicy, DeliverPolicy, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type mongoose from 'mongoose'
import { blocksOf } from './testing/blocks.ts'

// The operator's commands, run from a shell. They use the stack with this name.
const root = 'chat'
const ODD = 'a.b *> "c" 민수'
/** Starts the program once per command. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'chat-admin-compiled')

let stack: TestStack
let pushes: mongoose.Connection
let ann: PlainClient
let folder: string
/** The answer while no stack ran. */
let early: Awaited<ReturnType<typeof admin>>

const admin = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, ['scripts/admin.ts', ...args], env)

async function run(program: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(program, args, {
    env: { ...process.env, NODE_COMPILE_CACHE, CHAT_NATS_URL: process.env.CHAT_TEST_NATS_URL, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ])
  return { code, out, lines: out.trimEnd().split('\n'), err }
}

/** The answer as JSON, for other programs. */
async function read<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await admin([...args, '--json'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as T
}

beforeAll(async () => {
  early = await admin(['rooms'])
  folder = await mkdtemp(join(tmpdir(), 'chat-admin-'))
  stack = await startTestStack({ root })
  pushes = await openDatabase(stack, 'push')
  ann = await connectAs(stack, 'ann')
  await stack.call('POST', '/v1/users', { _id: ODD, nickName: 'Odd \u001b[31m one' })
})
afterAll(async () => {
  ann?.close()
  await pushes?.close()
  await stack?.close()
  for (const name of ['rooms', 'messages', 'files', 'push', 'platform']) {
    const database = await openDatabase(stack, name)
    await database.dropDatabase()
    await database.close()
  }
  await rm(folder, { recursive: true, force: true })
})

test('without arguments it prints its help', async () => {
  const { code, out } = await admin([])
  expect(code).toBe(0)
  for (const name of ['rooms', 'users', 'jobs', 'dead-letters', 'replay', 'drop', 'lag', 'recount'])
    expect(out).toMatch(new RegExp(`^  ${name}`, 'm'))
  expect((await admin(['--help'])).out).toBe(out)
})

test('it exits without an error when the reader of its output closes the pipe', async () => {
  const piped = `"${process.execPath}" scripts/admin.ts | head -n 1`
  expect(await run('bash', ['-euo', 'pipefail', '-c', piped])).toMatchObject({
    ...{ code: 0, err: '', lines: ['npm run admin -- <command> [ids] [options]'] },
  })
})

test.each([
  ['an unknown command', ['delete'], 'There is no delete'],
  ['an unknown option', ['rooms', '--users', 'ann'], '--users'],
  ['an option without its value', ['rooms', '--user'], '--user'],
  ['a limit that is not a number', ['rooms', '--limit', 'many'], '--limit'],
  ['two ids for a command that takes one', ['users', 'ann', 'ben'], 'One id at a time'],
  ['users without an id or a name', ['users'], '--name'],
  ['a replay without ids', ['replay'], '--all'],
  ['ids together with --all', ['drop', 'one', '--all'], 'not both'],
  ['a recount without ids', ['recount'], '--all'],
  ['an unknown kind of job', ['dead-letters', '--kind', 'x'], '--kind'],
  ['an id for a command that takes none', ['lag', 'rooms'], 'no ids'],
])('%s is an error, and no request is made', async (_, args, told) => {
  const { code, out, err } = await admin(args)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(told)
  expect(err).toContain('npm run admin')
})

test('it reports when no stack is running', async () => {
  expect(early).toMatchObject({ code: 1, out: '', err: expect.stringContaining('is the stack running?') })
  const none = { code: 1, out: '', err: expect.stringContaining('start it with npm start') }
  const env = { CHAT_NATS_URL: '', CHAT_DATA_DIR: folder }
  expect(await admin(['lag'], env)).toMatchObject(none)
  // A stopped stack leaves its port in the data folder.
  await mkdir(join(folder, 'run'))
  await writeFile(join(folder, 'run', 'nats.json'), JSON.stringify({ port: await freePort() }))
  expect(await admin(['lag'], env)).toMatchObject(none)
  const closed = await admin(['lag'], { CHAT_NATS_URL: `nats://127.0.0.1:${await freePort()}` })
  expect(closed).toMatchObject({ code: 1, err: expect.stringContaining('CHAT_NATS_URL') })
})

describe('rooms', () => {
  let room: Room
  beforeAll(async () => {
    room = await makeRoom(ann, [ODD], {}, '점심 방')
    await sendText(ann, room._id, 'hello')
    await eventually(async () =>
      expect(await read<Room>('rooms', room._id)).toMatchObject({ lastSeq: 1, memberCount: 2 }),
    )
  })

  test('are listed by user, with any characters in the id', async () => {
    const { list } = await read<{ list: Room[] }>('rooms', '--user', ODD)
    expect(list.map(({ _id }) => _id)).toEqual([room._id])
    const { lines } = await admin(['rooms', '--user', ODD])
    expect(lines[0]).toMatch(/^ROOM +TYPE +NAME +MEMBERS/)
    expect(lines[1]).toMatch(new RegExp(`^${room._id}  GROUP  점심 방  2 +1 `))
    for (const stranger of ['*', 'a.b'])
      expect((await admin(['rooms', '--user', stranger])).lines).toEqual(['none'])
  })

  test('are listed in pages', async () => {
    const others = [await makeRoom(ann, [ODD]), await makeRoom(ann, [ODD])]
    const all = [room, ...others].map(({ _id }) => _id).sort()
    type Page = { list: Room[]; nextCursor: string | null }
    const first = await read<Page>('rooms', '--user', ODD, '--limit', '2')
    const cursor = ['--cursor', first.nextCursor as string]
    const second = await read<Page>('rooms', '--user', ODD, '--limit', '2', ...cursor)
    expect([...first.list, ...second.list].map(({ _id }) => _id)).toEqual(all)
    expect(second.nextCursor).toBeNull()
    expect((await admin(['rooms', '--user', ODD, '--limit', '2'])).lines.at(-1)).toContain(cursor.join(' '))
  })

  test('one is shown with its members, with control characters in names escaped', async () => {
    const { code, lines, out } = await admin(['rooms', room._id])
    expect(code).toBe(0)
    expect(lines).toContain('name          점심 방')
    expect(lines).toContainEqual(expect.stringContaining(`${ODD}  Odd \\u{1b}[31m one`))
    expect(out).not.toContain('\u001b')
  })

  test.each(['a.b', '* >'])('%j is not a room', async (id) => {
    expect(await admin(['rooms', id])).toMatchObject({
      ...{ code: 1, out: '', err: expect.stringMatching(/^ROOM_NO_EXISTS/) },
    })
  })
})

describe('users', () => {
  type Seen = { user: { _id: string }; online: boolean; devices: { platform: string }[]; roomCount: number }

  test('one is shown with devices, rooms and the last revocation', async () => {
    const odd = await connectAs(stack, ODD)
    for (const [platform, token] of [
      ['IOS', 'secret-1'],
      ['WEB', 'secret-2'],
    ])
      await odd.get('registerDevice', { platform, token })
    await makeRoom(odd, ['ann'], {}, 'Theirs')
    const seen = await read<Seen & { rooms: Room[]; issuedFrom: null }>('users', ODD)
    expect(seen).toMatchObject({ user: { _id: ODD }, online: true, issuedFrom: null })
    expect(seen.devices.map(({ platform }) => platform).sort()).toEqual(['IOS', 'WEB'])
    expect(seen.roomCount).toBe(seen.rooms.length)
    expect(seen.rooms.map(({ name }) => name)).toContain('Theirs')
    const { out, lines } = await admin(['users', ODD])
    expect(out).not.toContain('secret')
    expect(lines).toContain('online       yes')

    await stack.call('POST', `/v1/users/${encodeURIComponent(ODD)}/revoke`, {})
    odd.close()
    await eventually(async () => {
      const after = await read<Seen & { lastSeenAt: string; issuedFrom: string }>('users', ODD)
      expect(after.online).toBe(false)
      expect(Date.parse(after.issuedFrom)).toBeLessThanOrEqual(Date.now())
      expect(Date.parse(after.lastSeenAt)).toBeLessThanOrEqual(Date.now())
    })
    expect((await admin(['users', ODD])).out).toContain('tokens issued before')
  })

  test('an id that begins with a dash follows another --', async () => {
    await stack.call('POST', '/v1/users', { _id: '--json', nickName: 'Dash' })
    const { code, lines } = await admin(['users', '--', '--json'])
    expect(code).toBe(0)
    expect(lines).toEqual(
      expect.arrayContaining(['user         --json', 'online       no', 'last seen    never']),
    )
  })

  test('are found by name', async () => {
    const { list } = await read<{ list: { _id: string }[] }>('users', '--name', 'Odd')
    expect(list.map(({ _id }) => _id)).toEqual([ODD])
    expect((await admin(['users', '--name', 'nobody at all'])).lines).toEqual(['none'])
  })

  test.each(['a.b', '* >'])('%j is not a user', async (id) => {
    expect(await admin(['users', id])).toMatchObject({
      ...{ code: 1, out: '', err: expect.stringMatching(/^USER_NO_EXISTS/) },
    })
  })

  test('an invalid id is refused with the reason', async () => {
    const { code, err } = await admin(['users', 'x'.repeat(129)])
    expect(code).toBe(1)
    expect(err).toMatch(/^INVALID_REQUEST: .*128/)
  })
})

describe('dead letters', () => {
  const at = new Date()
  const deadLetter = (_id: string) => ({
    _id,
    notice: { messageId: _id, roomId: 'room', seq: 1, authorId: 'ann', mentions: [], body: 'hello' },
    ...{ only: null, isSecond: false, lastError: 'messaging/internal-error', tries: 5, deadAt: at },
    ...{ claim: null, dueAt: new Date(at.getTime() + 86_400_000) },
  })
  const put = (...ids: string[]) => pushes.collection('tasks').insertMany(ids.map(deadLetter) as never[])
  type List = { list: { id: string }[] }
  const listed = async () => (await read<List>('dead-letters')).list.map(({ id }) => id)

  test('are listed and shown', async () => {
    await put('room-1', 'room-2')
    const { lines } = await admin(['dead-letters'])
    expect(lines[0]).toMatch(/^KIND +DEAD LETTER +SINCE +TRIES +REASON$/)
    expect(lines[1]).toBe(`push  room-1       ${at.toISOString()}  5      messaging/internal-error`)
    expect((await admin(['dead-letters', 'room-1'])).lines).toEqual(
      expect.arrayContaining([
        'author       ann',
        'for          all members who want it',
        'says         hello',
      ]),
    )
    expect(await admin(['dead-letters', 'none'])).toMatchObject({ code: 1 })
    const counts = { kind: 'push', waiting: 0, running: 0, dead: 2 }
    expect(await read('jobs', '--kind', 'push')).toEqual({ list: [counts] })
    expect((await admin(['jobs'])).lines).toContainEqual(expect.stringMatching(/^push +0 +0 +2$/))
  })

  test('are replayed by id, or all', async () => {
    expect(await admin(['replay', 'room-2', 'none'])).toMatchObject({
      ...{ code: 1, lines: ['1 tried again', '1 of the named ones not found'] },
    })
    expect(await listed()).toEqual(['room-1'])
    await put('room-3')
    expect(await read('replay', '--all')).toEqual({ replayed: 2, missing: 0 })
    expect(await listed()).toEqual([])
    expect(await admin(['replay', '--all'])).toMatchObject({ code: 0, lines: ['0 tried again'] })
  })

  test('are dropped by id, or all', async () => {
    await put('room-4', 'room-5', 'room-6')
    expect(await admin(['drop', 'room-5'])).toMatchObject({ code: 0, lines: ['1 dropped'] })
    expect(await listed()).toEqual(['room-4', 'room-6'])
    expect(await admin(['drop', '--all'])).toMatchObject({ code: 0, lines: ['2 dropped'] })
    expect((await admin(['dead-letters'])).lines).toEqual(['none'])
  })
})

test('lag shows how far and for how long each consumer is behind, and how full the stream is', async () => {
  const nats = await connect({ servers: new URL(stack.natsUrl).host })
  const manager = await jetstreamManager(nats)
  const durable_name = 'sleeper'
  try {
    await manager.consumers.add('CHAT_EVENTS', {
      ...{ durable_name, ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All },
    })
    const room = await makeRoom(ann, [ODD])
    await sendText(ann, room._id, 'unhandled')
    type Consumer = {
      name: string
      pending: number
      ackPending: number
      redelivered: number
      oldestMs: number
    }
    type Lag = { stream: { messages: number; bytes: number; maxBytes: number }; consumers: Consumer[] }
    const { stream, consumers } = await eventually(async () => {
      const found = await read<Lag>('lag')
      expect(found.consumers.find(({ name }) => name === 'rooms')).toMatchObject({ pending: 0, oldestMs: 0 })
      return found
    })
    expect(consumers.map(({ name }) => name)).toEqual(expect.arrayContaining(['push', 'rooms', durable_name]))
    const sleeper = consumers.find(({ name }) => name === durable_name) as Consumer
    expect(sleeper.pending).toBeGreaterThan(0)
    expect(stream.messages).toBeGreaterThan(0)
    expect(sleeper.oldestMs).toBeGreaterThan(0)
    expect(stream.bytes).toBeGreaterThan(0)
    const { lines } = await admin(['lag'])
    expect(lines).toContainEqual(expect.stringMatching(/^size +[\d.]+ KB of 10 GB$/))
    expect(lines).toContainEqual(expect.stringMatching(/^sleeper +\d+ +0 +0 +[\d.]+ (ms|s|min)$/))
  } finally {
    await manager.consumers.delete('CHAT_EVENTS', durable_name)
    await nats.close()
  }
})

test('recount corrects the named rooms, or all, and reports each correction', async () => {
  const room = await makeRoom(ann, [ODD])
  for (const word of ['one', 'two']) await sendText(ann, room._id, word)
  const lastSeq = async () => (await read<Room>('rooms', room._id)).lastSeq
  await eventually(async () => expect(await lastSeq()).toBe(2))
  const mongo = await openDatabase(stack, 'rooms')
  const spoil = () =>
    mongo.collection('rooms').updateOne({ _id: room._id as never }, { $set: { lastSeq: 9 } })
  try {
    await spoil()
    expect(await read('recount', room._id)).toEqual({
      ...{ recounted: 1, corrected: [{ roomId: room._id, lastSeq: 2, gone: 0 }], missing: [] },
    })
    expect(await lastSeq()).toBe(2)
    await spoil()
    const { code, lines } = await admin(['recount', '--all'])
    expect(code).toBe(0)
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${room._id} +2 +0$`)))
    expect(await lastSeq()).toBe(2)
  } finally {
    await mongo.close()
  }
  expect(await admin(['recount', 'nowhere', room._id])).toMatchObject({
    ...{ code: 1, lines: ['1 recounted, 0 corrected', '1 of the named ones not found'] },
  })
})

test('the commands of docs/production.md work, and are the same in the Korean guide', async () => {
  const commandsIn = async (file: string) =>
    (await blocksOf(file))
      .find(({ code }) => code.startsWith('npm run admin'))
      ?.code.replaceAll(/ *#.*$/gm, '')
  const commands = (await commandsIn('docs/production.md')) as string
  expect(await commandsIn('docs/production.ko.md')).toBe(commands)
  await connectAs(stack, 'alice').then((alice) => alice.close())
  const { code, out, err } = await run('bash', ['-euo', 'pipefail', '-c', commands])
  expect([code, code === 0 ? '' : err]).toEqual([0, ''])
  for (const told of ['npm run admin -- <command>', 'user         alice', 'kept for', '"consumers": ['])
    expect(out).toContain(told)
})
