import {
  type Bus,
  type Connection,
  consumeEvents,
  databaseOf,
  EventLog,
  ensureIndexes,
  ensureStream,
  joinConfirmers,
  type Logger,
  type Metrics,
  openAll,
  openMongo,
  pingMongo,
  type Scope,
  serveJobs,
} from '@chat/service'
import { ChangeStore } from './changes/change-store.ts'
import { MessageChanges } from './changes/message-changes.ts'
import type { MessagesConfig } from './config.ts'
import { ExportErasure } from './exports/export-erasure.ts'
import { ExportStore } from './exports/export-store.ts'
import { startExportWorker } from './exports/export-worker.ts'
import { Exports } from './exports/exports.ts'
import { lazyBucket } from './exports/lazy-bucket.ts'
import { Mailer } from './exports/mailer.ts'
import type { ExportParts } from './exports/parts.ts'
import { handlers } from './handlers.ts'
import { ErasedMentionStore } from './privacy/erased-mention-store.ts'
import { UserTraces } from './privacy/user-traces.ts'
import { BlockCache } from './read/block-cache.ts'
import { Presenter } from './read/presenter.ts'
import { ReportStore } from './reports/report-store.ts'
import { SearchIndexer } from './search/search-indexer.ts'
import { SearchStore } from './search/search-store.ts'
import { AccessCache } from './send/access-cache.ts'
import { GroupCommit } from './send/group-commit.ts'
import { MessageStore } from './send/message-store.ts'
import { Outbox } from './send/outbox.ts'
import { outboxSources } from './send/outbox-sources.ts'
import { WordFilter } from './words/word-filter.ts'
import { WordListCache } from './words/word-list-cache.ts'
import { WordListEditor } from './words/word-list-editor.ts'
import { openWords } from './words/word-store.ts'

export type Options = {
  config: Pick<MessagesConfig, 's3' | 'limits' | 'mail' | 'bannedWordsMode'>
  mongoUrl: string
  database?: string
  s3Url: string
  logger: Logger
  metrics: Metrics
  openBus: () => Promise<Bus>
}

/** The messages service: messages, their numbers, and everything that is made of them. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { config, logger, metrics, database = 'chat_messages' } = options
    const mongo = await scope.use('mongo', openMongo(options.mongoUrl, database))
    const bus = await scope.use('nats', options.openBus())
    const stores = await openStores(mongo, metrics)
    await ensureStream(bus, true)

    const access = new AccessCache(bus)
    await scope.use('roll', joinConfirmers(bus))
    const presenter = new Presenter(bus, new BlockCache(bus))
    const sources = outboxSources(stores.store, stores.changes, presenter)
    const eventLog = new EventLog(bus)
    const outbox = await scope.use('outbox', new Outbox({ sources, eventLog, logger, metrics }))
    const searchIndexer = new SearchIndexer(stores.searchStore)
    await scope.use('indexer', indexEvents(bus, logger, searchIndexer))
    const lists = new WordListCache(stores.words, bus)
    const wordFilter = new WordFilter(lists, config.bannedWordsMode)
    const { textLength } = config.limits
    const parts = { ...stores, lists, wordFilter, access, presenter, outbox, bus, logger, textLength }
    const answers = handlers({
      ...parts,
      ...(await openExporting(scope, options, parts)),
      searchIndexer,
      groupCommit: new GroupCommit({ ...parts, metrics }),
      messageChanges: new MessageChanges(parts),
      wordListEditor: new WordListEditor(parts),
    })
    await scope.use('requests', bus.serve('messages', answers))
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })

async function openStores(mongo: Connection, metrics: Metrics) {
  const database = await databaseOf(mongo)
  const store = new MessageStore(mongo, database)
  const changes = new ChangeStore(mongo, database, store)
  const stores = {
    store,
    changes,
    traces: new UserTraces(store.model, changes.model),
    erasedMentions: new ErasedMentionStore(mongo),
    exportStore: new ExportStore(mongo, metrics),
    reportStore: new ReportStore(mongo),
    searchStore: new SearchStore(mongo),
    words: openWords(mongo),
  }
  await ensureIndexes(mongo)
  return stores
}

const indexEvents = (bus: Bus, logger: Logger, indexer: SearchIndexer) =>
  consumeEvents({
    bus,
    logger,
    durable: 'search',
    kinds: ['message', 'change'],
    handle: (events) => indexer.handle(events),
  })

async function openExporting(
  scope: Scope,
  { config, s3Url }: Options,
  parts: Omit<ExportParts, 'storage' | 'mailer'>,
) {
  const storage = await scope.use('s3', lazyBucket({ ...config.s3, url: s3Url }))
  const mailer = config.mail && (await scope.use('mail', new Mailer(config.mail)))
  const working = { ...parts, storage, mailer }
  const worker = await scope.use('exports', startExportWorker(working))
  await scope.use('job requests', serveJobs(parts.bus, parts.exportStore.jobs))
  return {
    exports: new Exports({ ...working, worker }),
    exportErasure: new ExportErasure({ ...working, worker }),
  }
}
