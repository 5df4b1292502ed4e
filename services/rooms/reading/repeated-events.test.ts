import type { Message, Room } from '@chat/contract'
import type { Bus } from '@chat/service'
import {
  connectAs,
  eventually,
  makeRoom,
  openDatabase,
  openTestBus,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// Events may come again, late and out of order, as after a recovery: nothing that was read or changed is raised again.

let stack: TestStack
let bus: Bus
let ann: PlainClient
let ben: PlainClient
let room: Room
let database: Awaited<ReturnType<typeof openDatabase>>

beforeAll(async () => {
  stack = await startTestStack()
  bus = await openTestBus(stack)
  database = await openDatabase(stack, 'rooms')
  ;[ann, ben] = await Promise.all([connectAs(stack, 'ann'), connectAs(stack, 'ben')])
  room = await makeRoom(ann, ['ben'])
})
afterAll(async () => {
  for (const client of [ann, ben]) client?.close()
  await database?.close()
  await bus?.close()
  await stack?.close()
})

const mention = async (text: string) =>
  (
    await ann.get<{ message: Message }>('sendMessage', {
      ...{ roomId: room._id, syncKey: crypto.randomUUID(), mentions: ['ben'] },
      data: { type: 'TEXT', content: text },
    })
  ).message
const seen = async (who: PlainClient) =>
  (await who.get<{ list: Room[] }>('listenRooms', {})).list.find(({ _id }) => _id === room._id)
const repeat = (message: Message) => bus.publishRoom(room._id, 'message', message)
const ENDS = ['the end', 'the very end']
/** Waits until what was published before is handled. */
async function settle() {
  // A message shows before the batch with it is done; the second one is of a later batch.
  for (const text of ENDS) {
    const { seq } = await sendText(ann, room._id, text)
    await eventually(async () => expect((await seen(ben))?.lastMessage?.seq).toBe(seq))
  }
}
const tellings = ({ _id }: Message) =>
  ben.payloads<{ message: Message }>('mention').filter(({ message }) => message._id === _id).length

test('a mention that was read is not raised again', async () => {
  const said = await mention('@ben look')
  await eventually(() => expect(tellings(said)).toBe(1))
  await settle()
  await ben.get('joinRoom', room._id)
  const rows = () => database.collection('mentions').countDocuments({ roomId: room._id })
  await eventually(async () => expect(await rows()).toBe(0))
  repeat(said)
  bus.publishRoom(room._id, 'change', { change: 1, message: said })
  await settle()
  expect(await rows()).toBe(0)
  expect(tellings(said)).toBe(1)
})

test('a mention that is unread is told once', async () => {
  const said = await mention('@ben again')
  await eventually(() => expect(tellings(said)).toBe(1))
  repeat(said)
  await settle()
  expect(tellings(said)).toBe(1)
})

test('old messages in any order move neither the last message nor a cursor back', async () => {
  const messages: Message[] = []
  for (let n = 0; n < 5; n++) messages.push(await sendText(ann, room._id, `${n}`))
  await settle()
  await ben.get('joinRoom', room._id)
  const before = [await seen(ann), await seen(ben)]
  for (const message of messages.toReversed()) repeat(message)
  await bus.flush()
  const other = await makeRoom(ann, ['ben'])
  const { seq } = await sendText(ann, other._id, 'elsewhere')
  await eventually(async () => {
    const { list } = await ben.get<{ list: Room[] }>('listenRooms', {})
    expect(list.find(({ _id }) => _id === other._id)?.lastMessage?.seq).toBe(seq)
  })
  expect([await seen(ann), await seen(ben)]).toEqual(before)
})

test('a message that was deleted stays uncounted when its events come again in the wrong order', async () => {
  const said = await sendText(ann, room._id, 'to be deleted')
  const changes: { change: number; message: Message }[] = []
  const heard = bus.subscribe(bus.subjects.roomEvent(room._id, 'change'), (event) =>
    changes.push(event.json()),
  )
  await bus.flush()
  await ann.get('editMessage', { roomId: room._id, messageId: said._id, text: 'edited' })
  await ann.get('deleteMessage', { roomId: room._id, messageId: said._id })
  await eventually(() => expect(changes.length).toBe(2))
  heard.unsubscribe()
  await settle()
  const before = await seen(ben)
  for (const change of changes.toReversed()) bus.publishRoom(room._id, 'change', change)
  repeat(said)
  await settle()
  expect((await seen(ben))?.unReadMsgCount).toBe((before?.unReadMsgCount ?? 0) + ENDS.length)
})

test('the event of a changed room carries the highest change that was consumed', async () => {
  const said = await sendText(ann, room._id, 'to be edited')
  const heard: (number | undefined)[] = []
  const changes: number[] = []
  const listening = [
    bus.subscribe(bus.subjects.roomEvent(room._id, 'gone'), (event) =>
      heard.push(event.json<{ lastChange?: number }>().lastChange),
    ),
    bus.subscribe(bus.subjects.roomEvent(room._id, 'change'), (event) =>
      changes.push(event.json<{ change: number }>().change),
    ),
  ]
  await bus.flush()
  await ann.get('editMessage', { roomId: room._id, messageId: said._id, text: 'edited' })
  await eventually(() => expect(heard).toContain(changes[0]))
  for (const each of listening) each.unsubscribe()
})
