import type { RoomEvents } from '@chat/contract'
import {
  ensureIndexes,
  ensureStream,
  type NumberedKind,
  openAll,
  openFailedEvents,
  openMongo,
  pingMongo,
  type Scope,
  type ServiceOptions,
  serveJobs,
} from '@chat/service'
import { startBadgeUpdates } from './badges/badge-updates.ts'
import { Badges } from './badges/badges.ts'
import type { PushConfig } from './config.ts'
import { consumeMessages, handleMessages } from './delivery/message-consumer.ts'
import { PushDelivery } from './delivery/push-delivery.ts'
import { openReceipts } from './delivery/receipt-store.ts'
import { Devices } from './devices/devices.ts'
import { openPreferences } from './devices/preference-store.ts'
import { handlers } from './handlers.ts'
import { defaultTimes, type Parts, type Times } from './parts.ts'
import { openFcmSender } from './senders/fcm-sender.ts'
import { openLogSender } from './senders/log-sender.ts'
import { openTasks } from './tasks/task-store.ts'
import { startTaskWorker } from './tasks/task-worker.ts'

export type Options = Omit<ServiceOptions<Pick<PushConfig, 'fcm'>>, 's3Url' | 'limits'> & {
  database?: string
  times?: Partial<Times>
}

export const start = (options: Options) =>
  openAll(async (scope) => {
    const parts = await openParts(options, scope)
    const { bus, tasks, mongo } = parts
    await startSending(parts, scope)
    await scope.use('requests', bus.serve('push', handlers(parts)))
    await scope.use('job requests', serveJobs(bus, tasks.jobs))
    await scope.use('event job requests', serveJobs(bus, parts.failedEvents.jobs))
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })

async function openParts({ config, mongoUrl, database = 'chat_push', ...options }: Options, scope: Scope) {
  const { logger, metrics } = options
  const times: Times = { ...defaultTimes, ...options.times }
  const mongo = await scope.use('mongo', openMongo(mongoUrl, database))
  const bus = await scope.use('nats', options.openBus())
  const opening = config.fcm ? openFcmSender(config.fcm) : openLogSender(logger)
  const sender = await scope.use('sender', opening)
  const devices = new Devices(mongo)
  const receipts = openReceipts(mongo, logger)
  const preferences = openPreferences(mongo)
  const tasks = await openTasks(mongo, metrics, times.retryDelaysMs)
  await ensureIndexes(mongo)
  await ensureStream(bus)
  const badges = new Badges(bus, times.badgeMs)
  const delivery = new PushDelivery({ sender, devices, receipts, logger, metrics })
  const failing = openFailedEvents<NumberedKind>({
    ...{ connection: mongo, kind: 'push-event', metrics, logger },
    handle: (events, _storedAt, isReplay) => handleMessages(parts, events, isReplay),
  })
  const failedEvents = await scope.use('failed events', failing)
  const stores = { devices, preferences, receipts, tasks, failedEvents }
  const parts: Parts = { mongo, bus, logger, metrics, times, ...stores, badges, delivery }
  return parts
}

async function startSending(parts: Parts, scope: Scope) {
  const { bus, delivery } = parts
  const taskWorker = startTaskWorker(parts)
  await scope.use('tasks', taskWorker)
  await scope.use('messages', consumeMessages(parts), (consumer) => {
    const closing = [consumer.close(), taskWorker.close()]
    // Both would wait for answers of the push service otherwise.
    delivery.close()
    return Promise.all(closing)
  })
  const badgeUpdates = startBadgeUpdates(parts)
  await scope.use('badge updates', badgeUpdates)
  const reads = bus.subscribe(
    bus.subjects.everyRoom('read'),
    (event) => badgeUpdates.add(event.json<RoomEvents['read']>().userId),
    'push',
  )
  await scope.use('reads', reads, (r) => r.unsubscribe())
}
