import type { RoomEvents } from '@chat/contract'
import {
  type Bus,
  ensureStream,
  type Logger,
  type Metrics,
  openAll,
  openMongo,
  pingMongo,
  serveJobs,
} from '@chat/service'
import { BadgeUpdates } from './badges/badge-updates.ts'
import { Badges } from './badges/badges.ts'
import type { PushConfig } from './config.ts'
import { consumeMessages } from './delivery/message-consumer.ts'
import { Notifier } from './delivery/notifier.ts'
import { PushDelivery } from './delivery/push-delivery.ts'
import { openReceipts } from './delivery/receipt-store.ts'
import { openDevices } from './devices/device-store.ts'
import { Devices } from './devices/devices.ts'
import { openPreferences } from './devices/preference-store.ts'
import { handlers } from './handlers.ts'
import { AudiencePages } from './recipients/audience-pages.ts'
import { RoomPresence } from './recipients/room-presence.ts'
import { openFcmSender } from './senders/fcm-sender.ts'
import { openLogSender } from './senders/log-sender.ts'
import { LatestNotices } from './tasks/latest-notices.ts'
import { openTasks } from './tasks/task-store.ts'
import { startTaskWorker } from './tasks/task-worker.ts'
import { defaultTimes, type Times } from './times.ts'

export type Options = {
  config: Pick<PushConfig, 'fcm'>
  mongoUrl: string
  database?: string
  logger: Logger
  metrics: Metrics
  openBus: () => Promise<Bus>
  times?: Partial<Times>
}

/** Pushes: to which devices, for whom, and how they get there. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { logger, metrics, config } = options
    const times: Times = { ...defaultTimes, ...options.times }
    const mongo = await scope.use(
      'mongo',
      openMongo(options.mongoUrl, options.database ?? 'chat_push'),
      (m) => m.close(),
    )
    const bus = await scope.use('nats', options.openBus(), (b) => b.close())
    const opening = config.fcm ? openFcmSender(config.fcm) : openLogSender(logger)
    const sender = await scope.use('sender', opening, (s) => s.close())
    const store = await openDevices(mongo)
    const receipts = await openReceipts(mongo, logger)
    const tasks = await openTasks(mongo, metrics, times.triesMs)
    const preferences = openPreferences(mongo)
    await ensureStream(bus)

    const devices = new Devices(store)
    const badges = new Badges(bus, times.badgeMs)
    const pushDelivery = new PushDelivery({ sender, store, receipts, logger, metrics })
    const notifier = new Notifier({
      devices,
      preferences,
      tasks,
      badges,
      pushDelivery,
      audiences: new AudiencePages(bus),
      presence: new RoomPresence(bus, times.presenceMs),
      secondLookMs: times.secondLookMs,
    })
    const latestNotices = new LatestNotices(bus)
    const sending = { tasks, notifier, latestNotices, logger }
    const taskWorker = startTaskWorker({ ...sending, pollMs: times.roundMs })
    await scope.use('tasks', taskWorker, (w) => w.close())
    const consumer = consumeMessages({ ...sending, bus, triesMs: times.triesMs })
    await scope.use('messages', consumer, (c) => {
      const closing = [c.close(), taskWorker.close()]
      // Nothing waits for an answer of the push service any longer.
      pushDelivery.close()
      return Promise.all(closing)
    })
    const badgeUpdates = new BadgeUpdates({
      devices,
      store,
      badges,
      pushDelivery,
      logger,
      everyMs: times.badgeMs,
    })
    await scope.use('badge updates', badgeUpdates, (u) => u.close())
    const reads = bus.subscribe(
      bus.subjects.everyRoom('read'),
      (event) => badgeUpdates.note(event.json<RoomEvents['read']>().userId),
      'push',
    )
    await scope.use('reads', reads, (r) => r.unsubscribe())
    const keptData = { devices: store, preferences, receipts, tasks, latestNotices }
    const answers = handlers({ devices, preferences, keptData })
    await scope.use('requests', bus.serve('push', answers), (serving) => serving.close())
    await scope.use('job requests', serveJobs(bus, tasks.jobs), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })
