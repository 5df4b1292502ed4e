import { setTimeout as delay } from 'node:timers/promises'
import { openBus } from '../../bus/bus.ts'
import { openMongo } from '../../storage/mongo.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { consumeEvents } from '../stream-consumer.ts'
import type { NumberedKind } from '../stream-event.ts'

// A consumer in a process of its own, for tests that kill it. It sends its parent the numbers of what it handles.

type Place = { root: string; natsUrl: string; mongoUrl: string }

const { root, natsUrl, mongoUrl } = JSON.parse(process.argv[2] as string) as Place
const logger = createLogger('error')
const bus = await openBus({
  ...{ natsUrl, name: 'test', root, logger, metrics: createMetrics(), requestTimeoutMs: 1_000 },
})
const consumer = await consumeEvents<NumberedKind>({
  ...{ bus, logger, connection: await openMongo(mongoUrl, `${root}_events`) },
  ...{ name: 'reader', kinds: ['message'], maxBatch: 100, paceMs: 1 },
  handle: async (events) => {
    await delay(100)
    process.send?.(events.map(({ message }) => message.seq))
  },
  setAside: () => Promise.reject(new Error('nothing is set aside here')),
})
process.on('disconnect', () => consumer.close().finally(() => process.exit()))
process.send?.('ready')
