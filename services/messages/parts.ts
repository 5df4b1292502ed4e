import type { Handlers } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { ChangeStore } from './changes/change-store.ts'
import type { MessageChanges } from './changes/message-changes.ts'
import type { ExportErasure } from './exports/export-erasure.ts'
import type { Exports } from './exports/exports.ts'
import type { ErasedMentionStore } from './privacy/erased-mention-store.ts'
import type { UserTraces } from './privacy/user-traces.ts'
import type { Presenter } from './read/presenter.ts'
import type { ReportStore } from './reports/report-store.ts'
import type { SearchIndexer } from './search/search-indexer.ts'
import type { SearchStore } from './search/search-store.ts'
import type { AccessCache } from './send/access-cache.ts'
import type { GroupCommit } from './send/group-commit.ts'
import type { MessageStore } from './send/message-store.ts'
import type { Outbox } from './send/outbox.ts'
import type { WordFilter } from './words/word-filter.ts'
import type { WordListEditor } from './words/word-list-editor.ts'

/** What the operations work with. */
export type Parts = {
  bus: Bus
  store: MessageStore
  changes: ChangeStore
  reportStore: ReportStore
  searchStore: SearchStore
  erasedMentions: ErasedMentionStore
  traces: UserTraces
  access: AccessCache
  presenter: Presenter
  outbox: Outbox
  groupCommit: GroupCommit
  messageChanges: MessageChanges
  searchIndexer: SearchIndexer
  wordFilter: WordFilter
  wordListEditor: WordListEditor
  exports: Exports
  exportErasure: ExportErasure
  /** The longest text of a message. */
  textLength: number
}

type Operations = Handlers<'messages'>
/** An operation of the contract as a function. */
export type Operation<Name extends keyof Operations> = (
  parts: Parts,
  ...request: Parameters<Operations[Name]>
) => ReturnType<Operations[Name]>
