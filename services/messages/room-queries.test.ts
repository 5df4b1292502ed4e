import type { Message, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mongoose, { type mongo } from 'mongoose'

// In a cluster that is sharded by room, each operation of a conversation must use one shard. So every command on messages
// and changes names its room. Erasure and recovery read all rooms and are exempt.

type Command = { name: string; collection: string; filter: object }

const FILTERS: Record<string, (command: mongo.Document) => object[]> = {
  find: ({ filter }) => [filter],
  aggregate: ({ pipeline }) => [pipeline[0]?.$match ?? {}],
  count: ({ query }) => [query ?? {}],
  distinct: ({ query }) => [query ?? {}],
  findAndModify: ({ query }) => [query],
  update: ({ updates }) => updates.map(({ q }: { q: object }) => q),
  delete: ({ deletes }) => deletes.map(({ q }: { q: object }) => q),
}

const commands: Command[] = []
const openUri = mongoose.Connection.prototype.openUri
let stack: TestStack
let ann: PlainClient
let ben: PlainClient

function record({ commandName, command }: mongo.CommandStartedEvent) {
  const collection = command[commandName]
  if (collection !== 'messages' && collection !== 'changes') return
  for (const filter of FILTERS[commandName]?.(command) ?? [])
    commands.push({ name: commandName, collection, filter })
}

beforeAll(async () => {
  mongoose.Connection.prototype.openUri = async function (this: mongoose.Connection, uri, options) {
    const opened = await openUri.call(this, uri, { ...options, monitorCommands: true })
    this.getClient().on('commandStarted', record)
    return opened
  }
  stack = await startTestStack()
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
})
afterAll(async () => {
  mongoose.Connection.prototype.openUri = openUri
  ann?.close()
  ben?.close()
  await stack?.close()
})

/** The room of all ids in a condition on `_id`; null if there are several rooms, or no ids. */
function roomOf(condition: unknown): string | null {
  const { $in, $gte, $lte } = (condition ?? {}) as { $in?: unknown[]; $gte?: unknown; $lte?: unknown }
  const ids = typeof condition === 'string' ? [condition] : ($in ?? ($gte && $lte ? [$gte, $lte] : []))
  const rooms = new Set(ids.map((id) => `${id}`.replace(/-c?\d{10}$/, '')))
  return rooms.size === 1 ? ([...rooms][0] as string) : null
}
const isInRoom = ({ filter }: Command) =>
  'roomId' in filter || roomOf((filter as { _id?: unknown })._id) !== null

test('every database command of a conversation names its room', async () => {
  const room = await ann.get<Room>('createNewRoom', { users: ['ben'], name: 'One' })
  const other = await ann.get<Room>('createNewRoom', { users: ['ben'], name: 'Other' })
  const roomId = room._id
  await ben.get('joinRoom', roomId)
  const first = await sendText(ann, roomId, 'hello @ben')
  const said = { roomId, data: { type: 'TEXT', content: '회의록' } }
  const reply = { ...said, syncKey: 'reply', replyTo: first._id }
  const { message } = await ben.get<{ message: Message }>('sendMessage', reply)
  await ben.get('sendMessage', reply)
  await ann.get('editMessage', { roomId, messageId: first._id, text: 'hello' })
  await ann.get('hideMessage', { roomId, messageId: message._id, hidden: true })
  await ann.get('hideMessage', { roomId, messageId: message._id, hidden: false })
  await ann.get('shareMessage', {
    roomId,
    messageId: message._id,
    targetRoomIds: [other._id],
    syncKey: 'copy',
  })
  await ann.get('listenMessagesByRoom', { roomId })
  await ann.get('syncMessages', { roomId, afterSeq: 0, afterChange: 0 })
  await ann.get('messageReaders', { roomId, messageId: first._id })
  await ben.get('reportMessage', { roomId, messageId: first._id, reason: 'rude' })
  await eventually(async () => {
    const { list } = await ann.get<{ list: Message[] }>('searchMessages', { keyword: '회의' })
    expect(list).toHaveLength(2)
  })
  await stack.call('GET', `/v1/rooms/${roomId}/messages`)
  await ann.get('deleteMessage', { roomId, messageId: first._id })

  expect(commands.filter((command) => !isInRoom(command))).toEqual([])
  const seen = new Set(commands.map(({ name, collection }) => `${name} ${collection}`))
  for (const each of ['find messages', 'find changes', 'update messages', 'update changes'])
    expect(seen).toContain(each)
})

test('a command without its room is detected', () => {
  const command = { name: 'find', collection: 'messages' }
  expect(isInRoom({ ...command, filter: { mentions: 'ann' } })).toBe(false)
  expect(isInRoom({ ...command, filter: { _id: { $in: ['a-0000000001', 'b-0000000001'] } } })).toBe(false)
  expect(isInRoom({ ...command, filter: { _id: { $in: ['a-0000000001', 'a-0000000002'] } } })).toBe(true)
})
