import {
  type Bus,
  EventLog,
  ensureStream,
  type Limits,
  type Logger,
  type Metrics,
  openAll,
  openMongo,
  pingMongo,
} from '@chat/service'
import { AccessCache } from './access.ts'
import { Committing } from './committing.ts'
import { handlers } from './handlers.ts'
import { Outbox } from './outbox.ts'
import { Paging } from './paging.ts'
import { Sending } from './sending.ts'
import { openStore } from './store.ts'

export type Options = {
  mongoUrl: string
  database?: string
  limits: Limits
  logger: Logger
  metrics: Metrics
  openBus: () => Promise<Bus>
}

/** Messages and their numbers. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { logger, metrics, limits } = options
    const mongo = await scope.use(
      'mongo',
      openMongo(options.mongoUrl, options.database ?? 'chat_messages'),
      (m) => m.close(),
    )
    const bus = await scope.use('nats', options.openBus(), (b) => b.close())
    const store = await openStore(mongo)
    await ensureStream(bus)

    const outbox = await scope.use('outbox', new Outbox(store, new EventLog(bus), logger), (o) => o.close())
    const access = new AccessCache(bus)
    const committing = new Committing({ store, outbox, metrics, logger })
    const answers = handlers({
      sending: new Sending(store, access, committing, limits.textLength),
      paging: new Paging(store, access, bus),
      committing,
    })
    await scope.use('requests', bus.serve('messages', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })
