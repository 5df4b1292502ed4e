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
import { type ChangeStore, openChanges } from './changes/change-store.ts'
import { MessageChanges } from './changes/message-changes.ts'
import { ExportErasure } from './exports/export-erasure.ts'
import { openExports } from './exports/export-store.ts'
import { startExportWorker } from './exports/export-worker.ts'
import { Exports } from './exports/exports.ts'
import { LazyBucket } from './exports/lazy-bucket.ts'
import { Mailer } from './exports/mailer.ts'
import { handlers } from './handlers.ts'
import { AuthorRooms } from './privacy/author-rooms.ts'
import { openErasedMentions } from './privacy/erased-mention-store.ts'
import { MentionErasure } from './privacy/mention-erasure.ts'
import { MessageErasure } from './privacy/message-erasure.ts'
import { PersonalData } from './privacy/personal-data.ts'
import { purge } from './privacy/room-deletion.ts'
import { BlockCache } from './read/block-cache.ts'
import { MessageLookup } from './read/message-lookup.ts'
import { MessagePages } from './read/message-pages.ts'
import { MessageSync } from './read/message-sync.ts'
import { PlatformMessages } from './read/platform-messages.ts'
import { Presenter } from './read/presenter.ts'
import { openReports } from './reports/report-store.ts'
import { Reports } from './reports/reports.ts'
import { MessageSearch } from './search/message-search.ts'
import { SearchIndexer } from './search/search-indexer.ts'
import { openSearch } from './search/search-store.ts'
import { AccessCache } from './send/access-cache.ts'
import { StoredAnswer } from './send/answer.ts'
import { GroupCommit } from './send/group-commit.ts'
import { Mentions } from './send/mentions.ts'
import { MessageSender } from './send/message-sender.ts'
import { type MessageStore, openStore } from './send/message-store.ts'
import { Outbox } from './send/outbox.ts'
import { sourcesOf } from './send/outbox-sources.ts'
import { PlatformSender } from './send/platform-sender.ts'
import { Share } from './send/share.ts'
import { WordFilter } from './words/word-filter.ts'
import { WordListCache } from './words/word-list-cache.ts'
import { WordListEditor } from './words/word-list-editor.ts'
import { openWords } from './words/word-store.ts'

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
    const presenter = new Presenter(bus, new BlockCache(bus))
    const sources = sourcesOf(store, changes, presenter)
    const outbox = await scope.use(
      'outbox',
      new Outbox({ sources, log: new EventLog(bus), logger, metrics }),
      (o) => o.close(),
    )
    const groupCommit = new GroupCommit({ store, outbox, metrics, logger })
    const storedAnswer = new StoredAnswer(groupCommit, presenter)
    const { wordFilter, wordListEditor } = await openWording(mongo, bus, config.bannedWordsMode)
    const searchIndexer = new SearchIndexer(search)
    const indexer = consumeEvents({
      bus,
      logger,
      durable: 'search',
      kinds: ['message', 'change'],
      handle: (events) => searchIndexer.handle(events),
    })
    await scope.use('indexer', indexer, (consumer) => consumer.close())
    const around = { mongo, bus, store, changes, access }
    const { exports, exportErasure } = await openExporting(scope, options, around)
    const mentions = new Mentions(bus)
    const parts = { store, access, wordFilter, mentions, bus, logger, textLength }
    const messageChanges = new MessageChanges({ ...parts, changes, outbox, presenter })
    const traces = new AuthorRooms(store, bus)
    const leaving = { store, changes, reports, messageChanges, searchIndexer, exports: exportErasure }
    const unmentioning = new MentionErasure({ ...leaving, mentioned, bus })
    const answers = handlers({
      platformMessages: new PlatformMessages({ store, reports, messageChanges, presenter, bus }),
      messageErasure: new MessageErasure({ ...leaving, traces, unmentioning }),
      mentioned,
      personalData: new PersonalData({ store, reports, exports: exportErasure, traces }),
      purge: (roomId) =>
        purge({ store, changes, reports, search, exports: exportErasure, wordListEditor, bus }, roomId),
      store,
      outbox,
      messageSender: new MessageSender({ ...parts, storedAnswer }),
      platformSender: new PlatformSender({ ...parts, groupCommit }),
      sharing: new Share(store, access, storedAnswer, wordFilter),
      messageChanges,
      messagePages: new MessagePages(store, access, presenter),
      messageSync: new MessageSync(store, changes, access, presenter),
      messageLookup: new MessageLookup(store, access, bus),
      reports: new Reports(store, reports, access),
      messageSearch: new MessageSearch({ search, store, access, presenter, bus }),
      exports,
      wordFilter,
      wordListEditor,
    })
    await scope.use('requests', bus.serve('messages', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })

async function openWording(mongo: Connection, bus: Bus, mode: Config['bannedWordsMode']) {
  const words = await openWords(mongo)
  const lists = new WordListCache(words, bus)
  return {
    wordFilter: new WordFilter(lists, mode),
    wordListEditor: new WordListEditor({ words, lists, bus }),
  }
}

type Around = { mongo: Connection; bus: Bus; store: MessageStore; changes: ChangeStore; access: AccessCache }

/** Rooms as files: kept in S3, told to sockets or by mail. */
async function openExporting(scope: Scope, { config, s3Url, logger, metrics }: Options, around: Around) {
  const storage = await scope.use('s3', new LazyBucket({ ...config.s3, url: s3Url }), (s) => s.close())
  const mailer = config.mail && (await scope.use('mail', new Mailer(config.mail), (m) => m.close()))
  const parts = { ...around, exports: await openExports(around.mongo, metrics), storage, mailer, logger }
  const worker = await scope.use('exports', startExportWorker(parts), (w) => w.close())
  return {
    exports: new Exports({ ...parts, worker }),
    exportErasure: new ExportErasure({ ...parts, worker }),
  }
}
