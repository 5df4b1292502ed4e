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
import { Audiences } from './audiences.ts'
import { BadgeUpdates } from './badge-updates.ts'
import { Badges } from './badges.ts'
import { Delivering } from './delivering.ts'
import { openDevices } from './device-store.ts'
import { Devices } from './devices.ts'
import { Disposing } from './disposing.ts'
import { openFcmSender } from './fcm-sender.ts'
import { Following } from './following.ts'
import { handlers } from './handlers.ts'
import { openLogSender } from './log-sender.ts'
import { Notifying } from './notifying.ts'
import { openPreferences } from './preference-store.ts'
import { openReceipts } from './receipt-store.ts'
import { Restating } from './restating.ts'
import { RoomPresence } from './room-presence.ts'
import { Rounds } from './rounds.ts'
import { openSetAside } from './set-aside-store.ts'
import { SettingAside } from './setting-aside.ts'
import { openTasks } from './task-store.ts'
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
    const settingAside = new SettingAside({ store: setAside, tasks, logger, metrics })
    await settingAside.measure()
    await ensureStream(bus)

    const devices = new Devices(store)
    const badges = new Badges(bus, times.badgeMs)
    const delivering = new Delivering({ sender, store, receipts, logger, metrics })
    const notifying = new Notifying({
      ...{ devices, preferences, tasks, badges, delivering },
      audiences: new Audiences(bus),
      presence: new RoomPresence(bus, times.presenceMs),
      secondLookMs: times.secondLookMs,
    })
    const restating = new Restating(bus)
    const following = new Following({ notifying, restating, settingAside })
    const rounds = new Rounds({ tasks, notifying, restating, settingAside, logger, times })
    await scope.use('rounds', rounds, (r) => r.close())
    const consumer = consumeEvents({
      ...{ bus, logger, durable: 'push', kinds: ['message'], startsNow: true, maxBatch: MAX_BATCH },
      handle: (events) => following.take(events),
      tries: {
        delaysMs: times.triesMs,
        setAside: (event, reason, tries) => following.setAside(event, reason, tries),
      },
    })
    await scope.use('consumer', consumer, (c) => {
      const closing = [c.close(), rounds.close()]
      // What waits for the push service is let go.
      delivering.close()
      return Promise.all(closing)
    })
    const updating = new BadgeUpdates({
      ...{ devices, store, badges, delivering, logger },
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
    const disposing = new Disposing({ ...kept, devices: store, restating })
    const answers = handlers({ devices, disposing, preferences, settingAside })
    await scope.use('requests', bus.serve('push', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })
