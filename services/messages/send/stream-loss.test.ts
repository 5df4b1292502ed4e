import { type Message, type Room, subjectsOf } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  type NatsServer,
  openNatsServer,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'

// What the stream loses is published again from the stores, without anybody touching the rooms.

let nats: NatsServer
let stack: TestStack
let ann: PlainClient
let ben: PlainClient
let room: Room

beforeAll(async () => {
  nats = await openNatsServer()
  const engines = { natsUrl: nats.url, mongoUrl: process.env.CHAT_TEST_MONGO_URL ?? '' }
  stack = await startTestStack({ engines, instances: { messages: 2 } })
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
  await addSlowConsumer()
})
afterAll(async () => {
  for (const client of [ann, ben]) client?.close()
  await stack?.close()
  await nats?.close()
})
/** A consumer that never handles anything. */
const addSlowConsumer = () =>
  withNats(async (connection) => {
    const config = {
      durable_name: 'slow-reader',
      ack_policy: AckPolicy.All,
      deliver_policy: DeliverPolicy.All,
    }
    await (await jetstreamManager(connection)).consumers.add(streamName(), config)
  })

beforeEach(async () => {
  // While services connect again after a restart of NATS, clients are told to try again.
  room = await eventually(() => makeRoom(ann, ['ben']))
  await eventually(() => ben.get('joinRoom', room._id))
})

const streamName = () => subjectsOf(stack.root).stream
const heard = () => ben.payloads<Message>(`listenMessage_${room._id}`).map((message) => message.seq)

async function withNats<T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: new URL(nats.url).host })
  try {
    return await work(connection)
  } finally {
    await connection.close()
  }
}

/** The ids of the room's messages in the stream, sorted. */
const published = () =>
  withNats(async (connection) => {
    const consumer = await jetstream(connection).consumers.get(streamName(), {
      filter_subjects: [subjectsOf(stack.root).roomEvent(room._id, 'message')],
    })
    const { num_pending: count } = await consumer.info()
    const ids = new Set<string>()
    if (count === 0) return []
    for await (const message of await consumer.fetch({ max_messages: count, expires: 2_000 }))
      ids.add(message.json<Message>()._id)
    await consumer.delete()
    return [...ids].sort()
  })

async function sendAll(count: number): Promise<string[]> {
  const sent: Message[] = []
  for (let n = 0; n < count; n++) sent.push(await sendText(ann, room._id, `text ${n}`))
  return sent.map(({ _id }) => _id)
}

const isBack = (ids: string[]) => eventually(async () => expect(await published()).toEqual(ids), 20_000)

test('what a killed server loses of the end of the stream is published again', async () => {
  const ids = await sendAll(40)
  await isBack(ids)
  await nats.kill()
  await nats.cutEnd(streamName(), 12_000)
  await nats.start()
  await isBack(ids)
  await eventually(() => expect(heard()).toEqual(ids.map((_, index) => index + 1)))
})

test('a purged stream is filled with what some consumer has not handled', async () => {
  const ids = await sendAll(5)
  await isBack(ids)
  await withNats(async (connection) => (await jetstreamManager(connection)).streams.purge(streamName()))
  await isBack(ids)
  await eventually(() => expect(heard()).toEqual([1, 2, 3, 4, 5]))
})

test('a deleted stream is made anew and filled with what some consumer has not handled', async () => {
  const ids = await sendAll(5)
  await isBack(ids)
  await withNats(async (connection) => (await jetstreamManager(connection)).streams.delete(streamName()))
  await isBack(ids)
  const [next = ''] = await sendAll(1)
  await isBack([...ids, next])
  await eventually(() => expect(ben.shown(room._id).at(-1)).toMatchObject({ lastSeq: 6 }))
  await eventually(() => expect(heard()).toEqual([1, 2, 3, 4, 5, 6]))
})
