import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Message, Output, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  listed,
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
import type { Manifest, Stores } from './layout.ts'
import { restoreBackup } from './restore.ts'

// A backup taken while users write restores into an empty stack, and all counts agree.

const NAMES = ['ann', 'ben', 'cho', 'dan']
const FILE_BYTES = 700_000
const CHUNK_BYTES = 500_000
/** Pauses between the messages and between the files of a user, so that reading is not starved. */
const PAUSE_MS = 50
const FILE_PAUSE_MS = 500

type Side = { stack: TestStack; clients: PlainClient[] }
let folder: string
let before: Side
let after: Side
let quiet: Room
let busy: Room[]
/** The room that users join and leave. */
let open: Room
let manifest: Manifest
/** What was acked before the backup began. */
let owed: Message[]

const silent = () => {}
const storesOf = ({ mongoUrl, s3Url }: TestStack, root: string): Stores => ({
  ...{ mongoUrl, s3Url, root },
  bucket: `chat-${root}`,
})
const connectAll = (stack: TestStack) => Promise.all(NAMES.map((name) => connectAs(stack, name)))
const firstOf = ({ clients }: Side) => clients[0] as PlainClient

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-backup-'))
  const stack = await startTestStack()
  before = { stack, clients: await connectAll(stack) }
  const [ann, ben] = before.clients as [PlainClient, PlainClient]
  const rules = { canDeleteMessage: true }
  quiet = await makeRoom(ann, NAMES, rules, 'Quiet')
  busy = await Promise.all(['One', 'Two', 'Three'].map((name) => makeRoom(ann, NAMES, rules, name)))
  open = await makeRoom(ann, ['ben', 'cho'], { ...rules, canInviteMemebrs: true }, 'Open')
  const said: Message[] = []
  for (let n = 0; n < 10; n++)
    said.push(await sendText(n % 2 ? ann : ben, quiet._id, `number ${n}`, { mentions: ['cho'] }))
  await ben.get('deleteMessage', { roomId: quiet._id, messageId: said[2]?._id })
  await ann.get('editMessage', { roomId: quiet._id, messageId: said[3]?._id, text: 'an edited message' })
  await upload(ann, quiet)
  await backUpUnderLoad()
  await restore()
}, 240_000)
afterAll(async () => {
  for (const side of [before, after]) {
    for (const client of side?.clients ?? []) client.close()
    await side?.stack.close()
  }
  await rm(folder, { recursive: true, force: true })
})

async function upload(who: PlainClient, { _id: roomId }: Room) {
  const data = Buffer.alloc(FILE_BYTES, crypto.randomUUID())
  const file = { syncKey: crypto.randomUUID(), roomId, type: 'FILE', name: 'a.bin', size: data.length }
  for (let at = 0; at < data.length; at += CHUNK_BYTES)
    await who.get('sendFileMessage', { ...file, data: data.subarray(at, at + CHUNK_BYTES) })
}

/** All users write, read, delete and send files in all rooms but the quiet one, from before the backup until after it. */
async function backUpUnderLoad() {
  const acked: Message[] = []
  let isOver = false
  const write = async (who: PlainClient, { _id: roomId }: Room) => {
    for (let turn = 1; !isOver; turn++) {
      const message = await sendText(who, roomId, `turn ${turn}`)
      acked.push(message)
      if (turn % 5 === 0) await who.get('deleteMessage', { roomId, messageId: message._id })
      if (turn % 7 === 0) await who.get('updateReadMessage', { roomId, messageId: message._id })
      await delay(PAUSE_MS)
    }
  }
  const sendFiles = async (who: PlainClient, room: Room) => {
    while (!isOver) {
      await upload(who, room)
      await delay(FILE_PAUSE_MS)
    }
  }
  const comeAndGo = async (who: PlainClient, { _id: roomId }: Room) => {
    while (!isOver) {
      await who.get('inviteRoom', { roomId, targetUserIds: ['dan'] })
      await who.get('kickOutUsers', { roomId, targetUserIds: ['dan'] })
    }
  }
  const working = before.clients.flatMap((who, index) => [
    ...busy.map((room) => write(who, room)),
    ...(index === 0 ? [sendFiles(who, busy[0] as Room), comeAndGo(who, open)] : []),
  ])
  try {
    await eventually(() => expect(acked.length).toBeGreaterThan(200), 60_000)
    owed = [...acked]
    const { stack } = before
    manifest = await takeBackup({ stores: storesOf(stack, stack.root), folder, log: silent })
    const taken = acked.length
    await eventually(() => expect(acked.length).toBeGreaterThan(taken + 50), 60_000)
  } finally {
    isOver = true
    await Promise.all(working)
  }
}

async function restore() {
  const root = `${before.stack.root}r`
  const bus = await openTestBus({ ...before.stack, root })
  try {
    const stores = storesOf(before.stack, root)
    await restoreBackup({ stores, bus, folder, log: silent })
    await expect(restoreBackup({ stores, bus, folder, log: silent })).rejects.toThrow('is not empty')
    const stack = await startTestStack({ root })
    after = { stack, clients: await connectAll(stack) }
    const caller = { userId: '', requestId: 'recount' }
    for (const roomId of (await bus.ask('listRoomIds', caller, {})).roomIds)
      await bus.ask('recountRoom', caller, roomId)
    await expect(restoreBackup({ stores, bus, folder, log: silent })).rejects.toThrow('stop them first')
  } finally {
    await bus.close()
  }
}

/** All messages of a room, and all changes of them. */
async function historyOf(side: Side, { _id: roomId }: Room) {
  const list: Message[] = []
  for (;;) {
    const afterSeq = list.at(-1)?.seq ?? 0
    const page = await firstOf(side).get<Output<'syncMessages'>>('syncMessages', { roomId, afterSeq })
    list.push(...page.list)
    if (page.list.length === 0) return list.map(({ unReadUserCount: _, ...message }) => message)
  }
}

/** Each file of a room, as its members download it. */
async function filesOf(side: Side, { _id: roomId }: Room): Promise<Map<string, string>> {
  const who = firstOf(side)
  const { list } = await who.get<{ list: Message[] }>('listGallery', { roomId, kind: 'FILE', limit: 100 })
  const found = new Map<string, string>()
  for (const { _id, data } of list) {
    const path = data.content.files?.[0]?.path as string
    const { url } = await who.get<{ url: string }>('getFileUrl', { roomId, path })
    found.set(_id, Buffer.from(await (await fetch(url)).arrayBuffer()).toString('base64'))
  }
  return found
}

test('a quiet room is the same for every member after the restore', async () => {
  expect(await historyOf(after, quiet)).toEqual(await historyOf(before, quiet))
  // The search index, and the gallery with it, is made anew in the background.
  const files = await filesOf(before, quiet)
  await eventually(async () => expect((await filesOf(after, quiet)).size).toBe(files.size))
  expect(await filesOf(after, quiet)).toEqual(files)
  for (const [index, name] of NAMES.entries()) {
    const seen = (side: Side) => listed(side.clients[index] as PlainClient, quiet._id)
    const expected = await seen(before)
    await eventually(async () => expect({ name, room: await seen(after) }).toEqual({ name, room: expected }))
  }
  const search = { keyword: 'edited', roomId: quiet._id }
  await eventually(async () => {
    const found = await firstOf(after).get<{ list: Message[] }>('searchMessages', search)
    expect(found.list.map(({ data }) => data.content.text)).toEqual(['an edited message'])
  })
})

test('a busy room has every message that was acked before the backup, and no gap', async () => {
  for (const room of busy) {
    const restored = await historyOf(after, room)
    const all = await historyOf(before, room)
    const last = Math.max(...owed.filter(({ roomId }) => roomId === room._id).map(({ seq }) => seq))
    expect(restored.map(({ seq }) => seq)).toEqual(restored.map((_, index) => index + 1))
    expect(restored.length).toBeGreaterThanOrEqual(last)
    // It may have been deleted after the backup.
    const asSaid = ({ _id, syncKey, author }: (typeof all)[0]) => ({ _id, syncKey, author })
    expect(restored.map(asSaid)).toEqual(all.slice(0, restored.length).map(asSaid))
  }
})

test('files sent during the backup are complete', async () => {
  const [room] = busy as [Room]
  const all = await filesOf(before, room)
  const restored = await filesOf(after, room)
  expect(manifest.objects?.count).toBeGreaterThanOrEqual(restored.size)
  for (const [id, bytes] of restored) expect(bytes === all.get(id)).toBe(true)
})

test('unread counts equal the unread messages', async () => {
  const rooms = await openDatabase(after.stack, 'rooms')
  try {
    for (const room of busy) {
      const history = await historyOf(after, room)
      for (const [index, userId] of NAMES.entries()) {
        const member = await rooms
          .collection<{ readSeq: number }>('members')
          .findOne({ roomId: room._id, userId })
        const own = history.findLast(({ author }) => author.authorId === userId)
        expect(member?.readSeq).toBeGreaterThanOrEqual(own?.seq ?? 0)
        const unread = history.filter(({ seq, status }) => seq > (member?.readSeq ?? 0) && !status.deleted)
        const seen = await listed(after.clients[index] as PlainClient, room._id)
        expect(seen).toMatchObject({ unReadMsgCount: unread.length, lastSeq: history.length, memberCount: 4 })
      }
    }
  } finally {
    await rooms.close()
  }
})

test('the member count equals the members of the room', async () => {
  const rooms = await openDatabase(after.stack, 'rooms')
  const members = await rooms.collection('members').countDocuments({ roomId: open._id })
  await rooms.close()
  expect(await listed(firstOf(after), open._id)).toMatchObject({ memberCount: members })
})

test('new messages continue the numbers of the restored room', async () => {
  const [room] = busy as [Room]
  const [ann, ben] = after.clients as [PlainClient, PlainClient]
  const history = await historyOf(after, room)
  await ben.get('joinRoom', room._id)
  const message = await sendText(ann, room._id, 'after the restore')
  expect(message.seq).toBe(history.length + 1)
  await eventually(() => expect(ben.payloads(`listenMessage_${room._id}`)).toEqual([message]))
})
