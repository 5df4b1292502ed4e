import type { Message } from '@chat/contract'
import { type Bus, openBus } from '../../bus/bus.ts'
import { type Connection, openMongo } from '../../storage/mongo.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { ensureStream } from '../stream.ts'
import { consumeEvents } from '../stream-consumer.ts'
import type { NumberedKind, StreamEvent } from '../stream-event.ts'

const logger = createLogger(process.env.CHAT_LOG_LEVEL ?? 'silent')

export const testMessage = (seq: number) => ({ _id: `room-${seq}`, roomId: 'room', seq }) as Message
export const seqOfEvent = ({ message }: StreamEvent) => message.seq

/** A stream and a database of one test file. */
export async function openTestStream(natsUrl = process.env.CHAT_TEST_NATS_URL as string) {
  const root = `t${crypto.randomUUID().slice(0, 8)}`
  const metrics = createMetrics()
  const options = { natsUrl, name: 'test', root, logger, metrics, requestTimeoutMs: 1_000 }
  const bus = await openBus(options)
  const connection = await openMongo(process.env.CHAT_TEST_MONGO_URL as string, `${root}_events`)
  await ensureStream(bus)
  const closers: (() => Promise<unknown>)[] = []
  const post = (seq: number) => bus.publishRoom('room', 'message', testMessage(seq))
  return {
    ...{ root, bus, connection, logger, metrics, post },
    postUpTo: async (last: number, first = 1) => {
      for (let seq = first; seq <= last; seq++) post(seq)
      await bus.flush()
    },
    /** A consumer whose failed events are an error, unless it says what becomes of them. */
    consume: async (wish: Wish) => {
      const setAside = () => Promise.reject(new Error('nothing is set aside here'))
      const all = { name: 'reader', kinds: ['message'] as NumberedKind[], paceMs: 1, setAside, ...wish }
      const consumer = await consumeEvents<NumberedKind>({ bus, connection, logger, ...all })
      const close = once(() => consumer.close())
      closers.push(close)
      return { close, lagMs: consumer.lagMs, begin: () => consumer.begin() }
    },
    close: async () => {
      for (const close of closers) await close()
      await connection.dropDatabase()
      await connection.close()
      await bus.close()
    },
  }
}
export type TestStream = Awaited<ReturnType<typeof openTestStream>> & { bus: Bus; connection: Connection }

type Options = Parameters<typeof consumeEvents<NumberedKind>>[0]
type Wish = Partial<Options> & Pick<Options, 'handle'>

function once(close: () => Promise<void>) {
  let closing: Promise<void> | undefined
  return () => {
    closing ??= close()
    return closing
  }
}
