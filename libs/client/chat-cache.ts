import type { Message, Room } from '@chat/contract'
import type { Asking } from './asking.ts'
import { Cache, type CacheChange, type CacheLimits } from './cache.ts'
import type { Connection } from './connection.ts'
import { Learning } from './learning.ts'
import { Resyncing } from './resyncing.ts'
import type { ClientStore, StoreErrorListener } from './store.ts'

/** What can be shown without a connection. */
export type ChatCache = {
  /** Newest activity first. */
  rooms(): Promise<Room[]>
  /** The newest messages of a room that was looked at before: oldest first, without a gap between them. */
  messages(roomId: string): Promise<Message[]>
  /** Calls back when there is something else to show, until the returned function is called. */
  onChange(listener: (change: CacheChange) => void): () => void
}

type Parts = { connection: Connection; asking: Asking; store: ClientStore; onStoreError: StoreErrorListener }

/** A cache that learns from all that passes over the connection, and catches up after each connect. */
export function openCache(
  { connection, asking, store, onStoreError }: Parts,
  limits: CacheLimits,
): ChatCache {
  const cache = new Cache(store, limits)
  cache.load().catch(onStoreError)
  const resyncing = new Resyncing(connection, asking, cache, onStoreError)
  const learning = new Learning(cache, resyncing, onStoreError)
  asking.teach((event, input) => learning.asked(event, input))
  connection.socket.onAny((event: string, payload: unknown) => learning.heard(event, payload))
  return {
    rooms: () => cache.list(),
    messages: (roomId) => cache.messages(roomId),
    onChange: (listener) => cache.onChange(listener),
  }
}
