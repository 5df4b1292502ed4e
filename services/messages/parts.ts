import type { Handlers } from '@chat/contract'
import type { Bus, JobWorker, KeyedQueue, Logger, Outbox } from '@chat/service'
import type { ChangeStore } from './changes/change-store.ts'
import type { ExportDoc, ExportStore } from './exports/export-store.ts'
import type { LazyBucket } from './exports/lazy-bucket.ts'
import type { Mailer } from './exports/mailer.ts'
import type { ErasedMentionStore } from './privacy/erased-mention-store.ts'
import type { UserTraces } from './privacy/user-traces.ts'
import type { Presenter } from './read/presenter.ts'
import type { ReportStore } from './reports/report-store.ts'
import type { IndexReader } from './search/index-reader.ts'
import type { SearchIndex } from './search/search-index.ts'
import type { AccessCache } from './send/access-cache.ts'
import type { GroupCommit } from './send/group-commit.ts'
import type { MessageStore } from './send/message-store.ts'
import type { WordListCache } from './words/word-list-cache.ts'
import type { WordStore } from './words/word-store.ts'

/** What the operations work with: all that has a lifetime or a state. */
export type Parts = {
  bus: Bus
  logger: Logger
  store: MessageStore
  changes: ChangeStore
  exportStore: ExportStore
  reportStore: ReportStore
  erasedMentions: ErasedMentionStore
  traces: UserTraces
  words: WordStore
  access: AccessCache
  presenter: Presenter
  outbox: Outbox
  groupCommit: GroupCommit
  /** Changes of messages, one at a time per room. */
  changeQueue: KeyedQueue
  searchIndex: SearchIndex
  searchReader: IndexReader
  wordLists: WordListCache
  /** What happens to a message that contains a banned word. */
  bannedWordsMode: 'refuse' | 'mask'
  storage: LazyBucket
  /** Null where no mail server is configured. */
  mailer: Mailer | null
  exportWorker: JobWorker<ExportDoc>
  /** The longest text of a message. */
  textLength: number
}

/** What writes exports in the background works with. */
export type ExportParts = Pick<
  Parts,
  'bus' | 'logger' | 'store' | 'changes' | 'exportStore' | 'access' | 'storage' | 'mailer'
>

/** An operation of the contract as a function. */
export type Operation<Name extends keyof Handlers<'messages'>> = Handlers<'messages', [Parts]>[Name]
