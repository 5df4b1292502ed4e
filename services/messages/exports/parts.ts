import type { Bus, Logger } from '@chat/service'
import type { ChangeStore } from '../changes/change-store.ts'
import type { AccessCache } from '../send/access-cache.ts'
import type { MessageStore } from '../send/message-store.ts'
import type { ExportStore } from './export-store.ts'
import type { LazyBucket } from './lazy-bucket.ts'
import type { Mailer } from './mailer.ts'

export type ExportParts = {
  store: MessageStore
  changes: ChangeStore
  exportStore: ExportStore
  access: AccessCache
  bus: Bus
  storage: LazyBucket
  /** Null where no mail server is configured. */
  mailer: Mailer | null
  logger: Logger
}
export type OperationParts = ExportParts & { worker: { wake: () => void } }
