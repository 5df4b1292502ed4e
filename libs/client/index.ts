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
export type { CacheChange, CacheLimits } from './cache/cache.ts'
export type { ChatCache } from './cache/chat-cache.ts'
export {
  type Chat,
  type ConnectOptions,
  connect,
  type FileUrlOptions,
  type OfflineChat,
  type OfflineOptions,
} from './connect.ts'
export { ChatError, type ChatErrorCode } from './connection/chat-error.ts'
export type { ConnectionState, StateListener } from './connection/connection.ts'
export type { AskInput, AskOptions, AskOutput, ClientEvent } from './connection/requests.ts'
export type { Draft, DraftId, QueuedDraft } from './outbox/outbox.ts'
export type { OpenRoom, OpenRoomOptions } from './rooms/open-room.ts'
export { indexedDbStore } from './stores/indexed-db-store.ts'
export { memoryStore } from './stores/memory-store.ts'
export type { ClientStore, RecordKind, StoreChange, StoreErrorListener } from './stores/store.ts'
export type { FileSource } from './upload/source.ts'
export type { UploadOptions } from './upload/upload.ts'
