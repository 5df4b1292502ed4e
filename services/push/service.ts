import type { RoomEvents } from '@chat/contract'
import {
  type Bus,
  type Config,
  consumeEvents,
  ensureStream,
  type Logger,
  type Metrics,
  openAll,
  openMongo,
  pingMongo,
} from '@chat/service'
import { BadgeUpdates } from './badges/badge-updates.ts'
import { Badges } from './badges/badges.ts'
import { MessageConsumer } from './delivery/message-consumer.ts'
import { Notifier } from './delivery/notifier.ts'
import { PushDelivery } from './delivery/push-delivery.ts'
import { openReceipts } from './delivery/receipt-store.ts'
import { openDevices } from './devices/device-store.ts'
import { Devices } from './devices/devices.ts'
import { openPreferences } from './devices/preference-store.ts'
import { handlers } from './handlers.ts'
import { PushErasure } from './privacy/push-erasure.ts'
import { AudiencePages } from './recipients/audience-pages.ts'
import { RoomPresence } from './recipients/room-presence.ts'
import { openFcmSender } from './senders/fcm-sender.ts'
import { openLogSender } from './senders/log-sender.ts'
import { openSetAside } from './tasks/dead-letter-store.ts'
import { DeadLetters } from './tasks/dead-letters.ts'
import { LatestNotices } from './tasks/latest-notices.ts'
import { TaskRunner } from './tasks/task-runner.ts'
import { openTasks } from './tasks/task-store.ts'
import { defaultTimes, type Times } from './times.ts'

/** Messages held at a time. */
const MAX_BATCH = 500

export type Options = {
  config: Pick<Config, 'fcm'>
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
    const tasks = await openTasks(mongo)
    const preferences = openPreferences(mongo)
    const setAside = await openSetAside(mongo)
    const settingAside = new DeadLetters({ store: setAside, tasks, logger, metrics })
    await settingAside.measure()
    await ensureStream(bus)

    const devices = new Devices(store)
    const badges = new Badges(bus, times.badgeMs)
    const pushDelivery = new PushDelivery({ sender, store, receipts, logger, metrics })
    const notifier = new Notifier({
      ...{ devices, preferences, tasks, badges, pushDelivery },
      audiences: new AudiencePages(bus),
      presence: new RoomPresence(bus, times.presenceMs),
      secondLookMs: times.secondLookMs,
    })
    const latestNotices = new LatestNotices(bus)
    const messageConsumer = new MessageConsumer({ notifier, latestNotices, settingAside })
    const rounds = new TaskRunner({ tasks, notifier, latestNotices, settingAside, logger, times })
    await scope.use('rounds', rounds, (r) => r.close())
    const consumer = consumeEvents({
      ...{ bus, logger, durable: 'push', kinds: ['message'], startsNow: true, maxBatch: MAX_BATCH },
      handle: (events) => messageConsumer.take(events),
      retry: {
        delaysMs: times.triesMs,
        deadLetter: (event, reason, tries) => messageConsumer.setAside(event, reason, tries),
      },
    })
    await scope.use('consumer', consumer, (c) => {
      const closing = [c.close(), rounds.close()]
      // What waits for the push service is let go.
      pushDelivery.close()
      return Promise.all(closing)
    })
    const updating = new BadgeUpdates({
      ...{ devices, store, badges, pushDelivery, logger },
      everyMs: times.badgeMs,
    })
    await scope.use('badge updates', updating, (u) => u.close())
    const hearRead = bus.subscribe(
      bus.subjects.everyRoom('read'),
      (event) => updating.note(event.json<RoomEvents['read']>().userId),
      'push',
    )
    await scope.use('readers', hearRead, (h) => h.unsubscribe())
    const kept = { preferences, receipts, tasks, setAside, settingAside }
    const pushErasure = new PushErasure({ ...kept, devices: store, latestNotices })
    const answers = handlers({ devices, pushErasure, preferences, settingAside })
    await scope.use('requests', bus.serve('push', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })
