import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Room } from '@chat/contract'
import {
  connectAs,
  makeRoom,
  openDatabase,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { takeBackup } from './backup.ts'
import { collectionFile, manifestFile, objectFile } from './layout.ts'
import { objectFiles } from './objects.ts'
import { restoreBackup } from './restore.ts'

// A damaged backup is refused before anything is written, so the stores stay empty for an intact one.

let folder: string
let stack: TestStack
let ann: PlainClient
let room: Room

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-wholeness-'))
  stack = await startTestStack()
  ann = await connectAs(stack, 'ann')
  ;(await connectAs(stack, 'ben')).close()
  room = await makeRoom(ann, ['ben'])
  await sendText(ann, room._id, 'kept')
  const data = Buffer.from('the words of a file')
  const file = { syncKey: 'a-file', roomId: room._id, type: 'FILE', name: 'a.txt', size: data.length }
  await ann.get('sendFileMessage', { ...file, data })
  await takeBackup({ stores: storesOf(stack.root), folder: join(folder, 'whole'), log: () => {} })
})
afterAll(async () => {
  ann?.close()
  await stack?.close()
  await rm(folder, { recursive: true, force: true })
})

const storesOf = (root: string) => ({
  ...{ mongoUrl: stack.mongoUrl, s3Url: stack.s3Url, root },
  bucket: `chat-${root}`,
})

async function restore(from: string) {
  const root = `${stack.root}r`
  const bus = await openTestBus({ ...stack, root })
  try {
    return await restoreBackup({ stores: storesOf(root), bus, folder: from, log: () => {} })
  } finally {
    await bus.close()
  }
}

const roomsRestored = async () => {
  const rooms = await openDatabase({ ...stack, root: `${stack.root}r` }, 'rooms')
  const count = await rooms.collection('rooms').countDocuments()
  await rooms.close()
  return count
}

const messagesIn = (copy: string) => collectionFile(copy, 'messages/messages')
const aFileIn = async (copy: string) => (await objectFiles(copy))[0] as string
/** Kinds of damage, and the error that reports each. */
const damages: [string, RegExp, (copy: string) => Promise<unknown>][] = [
  ['lacks a collection', /messages\.bson\.gz cannot be read/, (copy) => rm(messagesIn(copy))],
  [
    'has a truncated collection',
    /messages\.bson\.gz cannot be read to its end/,
    (copy) => truncate(messagesIn(copy), 60),
  ],
  [
    'has a collection in place of another',
    /messages\.bson\.gz should hold 2 documents, and holds 0/,
    (copy) => cp(collectionFile(copy, 'messages/changes'), messagesIn(copy)),
  ],
  [
    'lacks its files',
    /should hold 1 files of 19 bytes, and holds 0/,
    (copy) => rm(objectFile(copy, ''), { recursive: true }),
  ],
  [
    'has half of a file',
    /should hold 1 files of 19 bytes, and holds 1 files of 9/,
    async (copy) => truncate(await aFileIn(copy), 9),
  ],
  [
    'has half of a manifest',
    /manifest\.json cannot be read/,
    async (copy) => writeFile(manifestFile(copy), (await readFile(manifestFile(copy))).subarray(0, 40)),
  ],
]

test.each(damages)('a copy that %s is refused, and nothing is written', async (name, message, damage) => {
  const copy = join(folder, name)
  await cp(join(folder, 'whole'), copy, { recursive: true })
  await damage(copy)
  await expect(restore(copy)).rejects.toThrow(message)
  expect(await roomsRestored()).toBe(0)
})

test('the intact copy is restored after the refused ones', async () => {
  await restore(join(folder, 'whole'))
  expect(await roomsRestored()).toBe(1)
  expect(await readdir(join(folder, 'whole'))).toContain('manifest.json')
})
