import {
  type Bus,
  type Config,
  type Connection,
  consumeEvents,
  EventLog,
  ensureStream,
  joinRoll,
  type Logger,
  type Metrics,
  openAll,
  openMongo,
  pingMongo,
  type Scope,
} from '@chat/service'
import { AccessCache } from './access.ts'
import { Answering } from './answering.ts'
import { Blocks } from './blocks.ts'
import { type Changes, openChanges } from './change-store.ts'
import { Changing } from './changing.ts'
import { Collecting } from './collecting.ts'
import { Committing } from './committing.ts'
import { openErasedMentions } from './erased-mentions.ts'
import { Erasing } from './erasing.ts'
import { ExportDisposing } from './export-disposing.ts'
import { ExportNotices } from './export-notices.ts'
import { openExports } from './export-store.ts'
import { ExportWorker } from './export-worker.ts'
import { Exporting } from './exporting.ts'
import { handlers } from './handlers.ts'
import { Indexing } from './indexing.ts'
import { Looking } from './looking.ts'
import { Mailing } from './mailing.ts'
import { Mentioning } from './mentioning.ts'
import { Outbox } from './outbox.ts'
import { Overseeing } from './overseeing.ts'
import { Paging } from './paging.ts'
import { Posting } from './posting.ts'
import { Presenting } from './presenting.ts'
import { purge } from './purging.ts'
import { openReports } from './report-store.ts'
import { Reporting } from './reporting.ts'
import { Screening } from './screening.ts'
import { openSearch } from './search-store.ts'
import { Searching } from './searching.ts'
import { Sending } from './sending.ts'
import { Sharing } from './sharing.ts'
import { sourcesOf } from './sources.ts'
import { Storage } from './storage.ts'
import { openStore, type Store } from './store.ts'
import { Syncing } from './syncing.ts'
import { Traces } from './traces.ts'
import { Unmentioning } from './unmentioning.ts'
import { WordKeeping } from './word-keeping.ts'
import { WordLists } from './word-lists.ts'
import { openWords } from './word-store.ts'

export type Options = {
  config: Pick<Config, 's3' | 'limits' | 'mail' | 'bannedWordsMode'>
  mongoUrl: string
  database?: string
  s3Url: string
  logger: Logger
  metrics: Metrics
  openBus: () => Promise<Bus>
}

/** Messages and their numbers. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { logger, metrics, config } = options
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
    const mentioned = await openErasedMentions(mongo)
    await ensureStream(bus, true)

    const { textLength } = config.limits
    const access = new AccessCache(bus)
    await scope.use('roll', joinRoll(bus), (roll) => roll.close())
    const presenting = new Presenting(bus, new Blocks(bus))
    const sources = sourcesOf(store, changes, presenting)
    const outbox = await scope.use(
      'outbox',
      new Outbox({ sources, log: new EventLog(bus), logger, metrics }),
      (o) => o.close(),
    )
    const committing = new Committing({ store, outbox, metrics, logger })
    const answering = new Answering(committing, presenting)
    const { screening, wordKeeping } = await openWording(mongo, bus, config.bannedWordsMode)
    const indexing = new Indexing(search)
    const indexer = consumeEvents({
      bus,
      logger,
      durable: 'search',
      kinds: ['message', 'change'],
      handle: (events) => indexing.handle(events),
    })
    await scope.use('indexer', indexer, (consumer) => consumer.close())
    const around = { mongo, bus, store, changes, access }
    const { exporting, exports } = await openExporting(scope, options, around)
    const mentioning = new Mentioning(bus)
    const parts = { store, access, screening, mentioning, bus, logger, textLength }
    const changing = new Changing({ ...parts, changes, outbox, presenting })
    const traces = new Traces(store, bus)
    const leaving = { store, changes, reports, changing, indexing, exports }
    const unmentioning = new Unmentioning({ ...leaving, mentioned, bus })
    const answers = handlers({
      overseeing: new Overseeing({ store, reports, changing, presenting, bus }),
      erasing: new Erasing({ ...leaving, traces, unmentioning }),
      mentioned,
      collecting: new Collecting({ store, reports, exports, traces }),
      purge: (roomId) => purge({ store, changes, reports, search, exports, wordKeeping, bus }, roomId),
      store,
      outbox,
      sending: new Sending({ ...parts, answering }),
      posting: new Posting({ ...parts, committing }),
      sharing: new Sharing(store, access, answering, screening),
      changing,
      paging: new Paging(store, access, presenting),
      syncing: new Syncing(store, changes, access, presenting),
      looking: new Looking(store, access, bus),
      reporting: new Reporting(store, reports, access),
      searching: new Searching({ search, store, access, presenting, bus }),
      exporting,
      screening,
      wordKeeping,
    })
    await scope.use('requests', bus.serve('messages', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })

async function openWording(mongo: Connection, bus: Bus, mode: Config['bannedWordsMode']) {
  const words = await openWords(mongo)
  const lists = new WordLists(words, bus)
  return { screening: new Screening(lists, mode), wordKeeping: new WordKeeping(words, lists, bus) }
}

type Around = { mongo: Connection; bus: Bus; store: Store; changes: Changes; access: AccessCache }

/** Rooms as files: kept in S3, told to sockets or by mail. */
async function openExporting(scope: Scope, { config, s3Url, logger }: Options, around: Around) {
  const storage = await scope.use('s3', new Storage({ ...config.s3, url: s3Url }), (s) => s.close())
  const mailing = config.mail && (await scope.use('mail', new Mailing(config.mail), (m) => m.close()))
  const exports = await openExports(around.mongo)
  const notices = new ExportNotices({ ...around, mailing, storage })
  const parts = { ...around, exports, notices, storage, logger }
  const worker = await scope.use('exports', new ExportWorker(parts), (w) => w.close())
  const exporting = new Exporting({ ...parts, worker, sendsMail: mailing !== null })
  return { exporting, exports: new ExportDisposing({ exports, worker }) }
}
