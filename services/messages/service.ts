import type { Message } from '@chat/contract'
import {
  type AnyEvent,
  type Connection,
  databaseOf,
  ensureIndexes,
  ensureStream,
  joinConfirmers,
  KeyedQueue,
  type Metrics,
  openAll,
  openMongo,
  openOutbox,
  pingMongo,
  type ServiceOptions,
  serveJobs,
} from '@chat/service'
import { ChangeStore } from './changes/change-store.ts'
import type { MessagesConfig } from './config.ts'
import { removeExportsOfMembers } from './exports/export-removal.ts'
import { ExportStore } from './exports/export-store.ts'
import { startExportWorker } from './exports/export-worker.ts'
import { lazyBucket } from './exports/lazy-bucket.ts'
import { Mailer } from './exports/mailer.ts'
import { handlers } from './handlers.ts'
import { ErasedMentionStore } from './privacy/erased-mention-store.ts'
import { UserTraces } from './privacy/user-traces.ts'
import { Presenter } from './read/presenter.ts'
import { ReportStore } from './reports/report-store.ts'
import { openSearch, openSearchStores } from './search/open-search.ts'
import { AccessCache } from './send/access-cache.ts'
import { eventSources } from './send/event-sources.ts'
import { GroupCommit } from './send/group-commit.ts'
import { MessageStore } from './send/message-store.ts'
import { openUpgrade } from './upgrade/open-upgrade.ts'
import { WordListCache } from './words/word-list-cache.ts'
import { openWords } from './words/word-store.ts'

type Config = Pick<MessagesConfig, 's3' | 'mail' | 'bannedWordsMode'>
export type Options = ServiceOptions<Config> & { database?: string }

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
    const presenter = new Presenter(bus)
    const search = await openSearch(scope, { ...stores, connection: mongo, bus, logger, metrics })
    const opening = openOutbox({
      connection: mongo,
      bus,
      logger,
      kinds: ['message', 'change'],
      sources: eventSources(stores.store, stores.changes, presenter),
      derive: (events) => search.searchIndex.add(messagesOf(events)),
      ensureStream: () => ensureStream(bus, true),
    })
    const outbox = await scope.use('outbox', opening)
    await openUpgrade(scope, { ...stores, connection: mongo, bus, outbox, logger, metrics })
    const wordLists = new WordListCache(stores.words, bus)
    const storage = await scope.use('s3', lazyBucket({ ...config.s3, url: options.s3Url }))
    const mailer = config.mail && (await scope.use('mail', new Mailer(config.mail)))
    const exportParts = { ...stores, access, bus, logger, storage, mailer }
    const parts = {
      ...exportParts,
      presenter,
      outbox,
      ...search,
      groupCommit: new GroupCommit({ ...stores, outbox, logger, metrics }),
      changeQueue: new KeyedQueue(),
      wordLists,
      bannedWordsMode: config.bannedWordsMode,
      textLength: options.limits.textLength,
      exportWorker: await scope.use('exports', startExportWorker(exportParts)),
    }
    access.onRemoved((roomId, userIds) => removeExportsOfMembers(parts, roomId, userIds))
    await scope.use('job requests', serveJobs(bus, stores.exportStore.jobs))
    await scope.use('requests', bus.serve('messages', handlers(parts)))
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
    ...openSearchStores(mongo),
    words: openWords(mongo),
  }
  await ensureIndexes(mongo)
  return stores
}

const messagesOf = (events: readonly AnyEvent[]): Message[] =>
  events.flatMap((event) => (event.kind === 'fact' ? [] : [event.message]))
