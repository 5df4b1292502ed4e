import { setTimeout as delay } from 'node:timers/promises'
import { messageId, subjectsOf } from '@chat/contract'
import { connectAs, enterDeadWriter } from '@chat/testing'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { copyRoom } from '../bulk.ts'
import { print } from '../report.ts'
import { databasesOf, type Ground, makeRoom } from './proof.ts'

const ROOMS = 1_000
const MISSING = 10_000
const BATCH = 2_000
const WITHIN_MS = 5_000
const POLL_MS = 20

type Stored = { _id: string; roomId: string; seq: number; syncKey: string; storedAt: Date; createdAt: Date }

/** What a dead instance has stored and not published is published within seconds, in rooms that nobody touches. */
export async function proveRecovery(ground: Ground) {
  const databases = databasesOf(ground)
  const first = await makeRoom(ground, 'recovered', ['sender', 'someone'])
  const roomIds = await copyRoom(databases, first, ROOMS)
  const sender = await connectAs(ground.stack, 'sender')
  await sender.get('sendMessage', {
    roomId: first,
    syncKey: 'sample',
    data: { type: 'TEXT', content: 'Lost and found' },
  })
  sender.close()
  const published = await openCount(ground)
  const before = await published.count()
  const storedAt = new Date()
  const messages = databases.messages.collection<Stored>('messages')
  const sample = (await messages.findOne({ roomId: first })) as Stored
  for (let from = 0; from < MISSING; from += BATCH) {
    const docs = Array.from({ length: BATCH }, (_, index) => missing(sample, roomIds, from + index, storedAt))
    await messages.insertMany(docs)
  }
  print(`      ${MISSING} messages stored in ${ROOMS} rooms`)
  const begun = performance.now()
  await enterDeadWriter(databases.messages, storedAt)
  while ((await published.count()) < before + MISSING) await delay(POLL_MS)
  const took = performance.now() - begun
  await published.close()
  ground.verdicts.claim(
    `${MISSING} events of a dead instance are published within ${WITHIN_MS / 1000} s`,
    took <= WITHIN_MS,
    `${(took / 1000).toFixed(1)} s`,
  )
}

function missing(sample: Stored, roomIds: string[], index: number, storedAt: Date): Stored {
  const roomId = roomIds[index % ROOMS] as string
  const seq = Math.floor(index / ROOMS) + 1
  return {
    ...sample,
    _id: messageId(roomId, seq),
    roomId,
    seq,
    syncKey: `lost-${seq}`,
    storedAt,
    createdAt: storedAt,
  }
}

async function openCount({ stack }: Ground) {
  const connection = await connect({ servers: new URL(stack.natsUrl).host })
  const manager = await jetstreamManager(connection)
  const name = subjectsOf(stack.root).stream
  return {
    count: async () => (await manager.streams.info(name)).state.messages,
    close: () => connection.close(),
  }
}
