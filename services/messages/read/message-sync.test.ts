import type { Message, Output, Room } from '@chat/contract'
import {
  connectAs,
  makeRoom,
  newestPage,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

// A client that was offline gets every new message and every change once.

type Synced = Output<'syncMessages'>

const PAGE_BYTES = 512 * 1024

let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  stack = await startTestStack({ instances: { gateways: 2, rooms: 2, messages: 2 } })
  ann = await connectAs(stack, 'ann', 0)
  ben = await connectAs(stack, 'ben', 1)
})
afterAll(async () => {
  ann?.close()
  ben?.close()
  await stack?.close()
})
beforeEach(async () => {
  room = await makeRoom(ann, ['ben'])
})

const sync = (input: object) => ben.get<Synced>('syncMessages', { roomId: room._id, ...input })
const edit = (message: Message, text: string) =>
  ann.get('editMessage', { roomId: room._id, messageId: message._id, text })
const remove = (message: Message) => ann.get('deleteMessage', { roomId: room._id, messageId: message._id })
const send = async (count: number, text = (n: number) => `${n}`) => {
  const messages: Message[] = []
  for (let n = 0; n < count; n++) messages.push(await sendText(ann, room._id, text(n)))
  return messages
}
/** Requests pages until there are no more, like a client. */
async function walk(from: { afterSeq: number; afterChange: number }) {
  const pages: Synced[] = []
  let { afterChange } = from
  for (;;) {
    const synced = await sync({ afterSeq: from.afterSeq, afterChange })
    if (synced.changed.length === 0) return pages
    expect(synced.lastChange).toBeGreaterThan(afterChange)
    afterChange = synced.lastChange
    pages.push(synced)
  }
}

test("a sync without afterChange returns the room's last change number", async () => {
  const [one] = (await send(2)) as [Message, Message]
  expect(await sync({ afterSeq: 0 })).toMatchObject({
    changed: [],
    lastChange: 0,
    lastSeq: 2,
    recovered: true,
  })
  await edit(one, 'edited')
  const synced = await sync({ afterSeq: 2 })
  expect(synced).toMatchObject({ list: [], changed: [], lastChange: 1, recovered: true })
})

test('a message that changed several times comes once, in its current state', async () => {
  const [one, two, three] = (await send(3)) as [Message, Message, Message]
  for (const text of ['a', 'b']) await edit(one, text)
  await edit(two, 'c')
  await remove(one)
  const { changed, lastChange } = await sync({ afterSeq: 3, afterChange: 0 })
  expect(lastChange).toBe(4)
  expect(changed).toEqual((await newestPage(ben, room._id)).filter(({ _id }) => _id !== three._id))
  const since = await sync({ afterSeq: 3, afterChange: 3 })
  expect(since.changed.map(({ _id }) => _id)).toEqual([one._id])
  expect(await sync({ afterSeq: 3, afterChange: 4 })).toMatchObject({
    changed: [],
    lastChange: 4,
    recovered: true,
  })
})

test("numbers beyond the room's last ones are corrected", async () => {
  const [one] = (await send(1)) as [Message]
  await edit(one, 'edited')
  expect(await sync({ afterSeq: 1, afterChange: 7 })).toMatchObject({
    changed: [],
    lastChange: 1,
    recovered: false,
  })
  expect(await sync({ afterSeq: 7, afterChange: 1 })).toMatchObject({ lastSeq: 1, recovered: false })
})

test('changes come in pages of a hundred, none skipped', async () => {
  const messages = await send(3)
  for (let n = 0; n < 230; n++) await edit(messages[n % 3] as Message, `edit ${n}`)
  const pages = await walk({ afterSeq: 3, afterChange: 0 })
  expect(pages.map(({ lastChange }) => lastChange)).toEqual([100, 200, 230])
  for (const { changed } of pages) expect(changed).toHaveLength(3)
})

test('a page ends early if its messages are large', async () => {
  const large = (n: number) => `${n} ${'가'.repeat(3_900)}`
  const messages = await send(60, large)
  for (const message of messages) await edit(message, `${message.data.content.text}!`)
  const pages = await walk({ afterSeq: 60, afterChange: 0 })
  expect(pages.length).toBeGreaterThan(1)
  for (const synced of pages)
    expect(Buffer.byteLength(JSON.stringify(synced))).toBeLessThan(PAGE_BYTES + 20_000)
  const ids = pages.flatMap(({ changed }) => changed.map(({ _id }) => _id))
  expect(ids).toEqual(messages.map(({ _id }) => _id))

  // Changes follow even after a list that fills the page.
  const both = await sync({ afterSeq: 0, afterChange: 0 })
  expect(both.list.length).toBeGreaterThan(30)
  expect(both.changed).toHaveLength(1)
  expect(both.lastChange).toBe(1)
})

test('an edge that missed events gets each one in full', async () => {
  const bus = await openTestBus(stack)
  const [one, two] = (await send(2)) as [Message, Message]
  await edit(one, 'edited')
  await ann.get('hideMessage', { roomId: room._id, messageId: two._id, hidden: true })
  await remove(one)
  const replay = await bus.ask(
    'replayMessages',
    { userId: '', requestId: 'test' },
    { roomId: room._id, afterSeq: 1, afterChange: 1 },
  )
  expect(replay).toMatchObject({
    list: [{ seq: 2, data: two.data, status: { hidden: true } }],
    lastSeq: 2,
    changed: [
      { change: 2, message: { seq: 2, data: two.data } },
      { change: 3, message: { seq: 1, data: { content: {} }, status: { deleted: true } } },
    ],
    lastChange: 3,
  })
  const survey = await bus.ask(
    'surveyMessages',
    { userId: '', requestId: 'test' },
    { roomId: room._id, afterSeq: 0 },
  )
  expect(survey).toMatchObject({
    lastMessage: { _id: two._id },
    marks: [
      { seq: 1, isGone: true },
      { seq: 2, isGone: true },
    ],
    nextSeq: null,
  })
  await bus.close()
})
