import type { Message, Room } from '@chat/contract'
import type { Requests } from '../connection/requests.ts'
import type { ClientStore, StoreErrorListener } from '../stores/store.ts'
import { Cache, type CacheChange, type CacheLimits } from './cache.ts'
import { CacheSync } from './cache-sync.ts'
import { cacheUpdates } from './cache-updates.ts'

/** What can be shown without a connection. */
export type ChatCache = {
  /** Newest activity first. */
  rooms(): Promise<Room[]>
  /** The newest messages of a room that was read before: oldest first, without a gap. */
  messages(roomId: string): Promise<Message[]>
  /** Calls back when there is something else to show, until the returned function is called. */
  onChange(listener: (change: CacheChange) => void): () => void
}

type Parts = { requests: Requests; store: ClientStore; onStoreError: StoreErrorListener }

/** Opens a cache that takes in all that passes over the connection, and syncs after each connect. */
export function openCache({ requests, store, onStoreError }: Parts, limits: CacheLimits): ChatCache {
  const cache = new Cache(store, limits)
  cache.load().catch(onStoreError)
  const sync = new CacheSync({ requests, cache, onStoreError })
  const { observer, takeEvent } = cacheUpdates({ cache, sync, onStoreError })
  requests.observe(observer)
  requests.connection.socket.onAny(takeEvent)
  return {
    rooms: () => cache.list(),
    messages: (roomId) => cache.messages(roomId),
    onChange: (listener) => cache.onChange(listener),
  }
}
