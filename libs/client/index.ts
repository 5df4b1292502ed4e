export type {
  Announcement,
  Author,
  ErrorCode,
  File as StoredFile,
  JoinUser,
  Message,
  Room,
  RoomServerEvents,
  Rules,
  ServerEvents,
  User,
} from '@chat/contract'
export type { AskOptions } from './asking.ts'
export type { CacheChange, CacheLimits } from './cache.ts'
export type { ChatCache } from './chat-cache.ts'
export { ChatError, type ChatErrorCode } from './chat-error.ts'
export {
  type Chat,
  type ConnectOptions,
  connect,
  type FileUrlOptions,
  type OfflineChat,
  type OfflineOptions,
} from './connect.ts'
export type { ConnectionState, StateListener } from './connection.ts'
export type { AskInput, AskOutput, ClientEvent } from './events.ts'
export { indexedDbStore } from './indexed-db-store.ts'
export { memoryStore } from './memory-store.ts'
export type { OpenRoom, OpenRoomOptions } from './open-room.ts'
export type { Draft, DraftId, QueuedDraft } from './outbox.ts'
export type { FileSource } from './source.ts'
export type { ClientStore, RecordKind, StoreChange, StoreErrorListener } from './store.ts'
export type { UploadOptions } from './upload.ts'
