import {
  type Bus,
  consumeEvents,
  EventLog,
  ensureStream,
  joinRoll,
  type Limits,
  type Logger,
  type Metrics,
  openAll,
  openMongo,
  pingMongo,
} from '@chat/service'
import { AccessCache } from './access.ts'
import { Answering } from './answering.ts'
import { Blocks } from './blocks.ts'
import { openChanges } from './change-store.ts'
import { Changing } from './changing.ts'
import { Collecting } from './collecting.ts'
import { Committing } from './committing.ts'
import { Erasing } from './erasing.ts'
import { handlers } from './handlers.ts'
import { Indexing } from './indexing.ts'
import { Looking } from './looking.ts'
import { Outbox } from './outbox.ts'
import { Overseeing } from './overseeing.ts'
import { Paging } from './paging.ts'
import { Posting } from './posting.ts'
import { Presenting } from './presenting.ts'
import { purge } from './purging.ts'
import { openReports } from './report-store.ts'
import { Reporting } from './reporting.ts'
import { openSearch } from './search-store.ts'
import { Searching } from './searching.ts'
import { Sending } from './sending.ts'
import { Sharing } from './sharing.ts'
import { sourcesOf } from './sources.ts'
import { openStore } from './store.ts'
import { Syncing } from './syncing.ts'
import { Traces } from './traces.ts'

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
    const changes = await openChanges(mongo, store)
    const reports = await openReports(mongo)
    const search = await openSearch(mongo)
    await ensureStream(bus)

    const { textLength } = limits
    const access = new AccessCache(bus)
    await scope.use('roll', joinRoll(bus), (roll) => roll.close())
    const presenting = new Presenting(bus, new Blocks(bus))
    const sources = sourcesOf(store, changes, presenting)
    const outbox = await scope.use('outbox', new Outbox(sources, new EventLog(bus), logger), (o) => o.close())
    const committing = new Committing({ store, outbox, metrics, logger })
    const answering = new Answering(committing, presenting)
    const indexing = new Indexing(search)
    const indexer = consumeEvents({
      bus,
      logger,
      durable: 'search',
      kinds: ['message', 'change'],
      handle: (events) => indexing.handle(events),
    })
    await scope.use('indexer', indexer, (consumer) => consumer.close())
    const changing = new Changing({ store, changes, access, outbox, presenting, bus, logger, textLength })
    const traces = new Traces(store, bus)
    const answers = handlers({
      overseeing: new Overseeing({ store, reports, changing, presenting, bus }),
      erasing: new Erasing({ store, changes, reports, changing, indexing, traces, bus }),
      collecting: new Collecting({ store, reports, traces }),
      purge: (roomId) => purge({ store, changes, reports, search, bus }, roomId),
      store,
      outbox,
      sending: new Sending(store, access, answering, textLength),
      posting: new Posting(store, bus, committing, textLength),
      sharing: new Sharing(store, access, answering),
      changing,
      paging: new Paging(store, access, presenting),
      syncing: new Syncing(store, changes, access, presenting),
      looking: new Looking(store, access, bus),
      reporting: new Reporting(store, reports, access),
      searching: new Searching({ search, store, access, presenting, bus }),
    })
    await scope.use('requests', bus.serve('messages', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })
