import type { RoomServerEvents, ServerEvents } from '@chat/contract'
import type { CacheLimits } from './cache/cache.ts'
import { type ChatCache, openCache } from './cache/chat-cache.ts'
import { Connection, type ConnectionOptions, type StateListener } from './connection/connection.ts'
import { guarded } from './connection/listeners.ts'
import {
  type AskInput,
  type AskOptions,
  type AskOutput,
  type ClientEvent,
  Requests,
} from './connection/requests.ts'
import { type Draft, type DraftId, Outbox, type QueuedDraft } from './outbox/outbox.ts'
import { SendQueue, type SendQueueParts } from './outbox/send-queue.ts'
import type { OpenRoomOptions } from './rooms/open-room.ts'
import { OpenRooms } from './rooms/open-rooms.ts'
import { memoryStore } from './stores/memory-store.ts'
import type { ClientStore, StoreErrorListener } from './stores/store.ts'
import type { FileSource } from './upload/source.ts'
import { type UploadOptions, uploadFile } from './upload/upload.ts'

export type ConnectOptions = ConnectionOptions & {
  /** For each attempt of a request, in milliseconds. Default 15,000. */
  timeoutMs?: number
  /** Attempts of a request that the server refuses with RATE_LIMITED. Default 5. */
  rateLimitTries?: number
  /** Messages that may wait to be sent; one more is refused with RATE_LIMITED. Default 1,000. */
  maxQueuedSends?: number
  /** Called with each error of the store; the chat goes on without it. */
  onStoreError?: StoreErrorListener
}

/** With a store there is a cache, and drafts outlive the client. */
export type OfflineOptions = ConnectOptions & CacheLimits & { store: ClientStore }

/** An input whose every field is optional may be left out. */
type AskArguments<E extends ClientEvent> =
  Record<string, never> extends AskInput<E>
    ? [input?: AskInput<E>, options?: AskOptions]
    : [input: AskInput<E>, options?: AskOptions]

/** `thumbnail`: a small picture of the file. `download`: the browser saves the file instead of showing it. */
export type FileUrlOptions = { thumbnail?: boolean; download?: boolean }

export type Chat = ReturnType<typeof openChat>
/** What can be read without a connection is in `cache`. */
export type OfflineChat = Chat & { cache: ChatCache }

/** Connects to a gateway, and stays connected until `close()` or until the server refuses for good. */
export function connect(options: OfflineOptions): OfflineChat
export function connect(options: ConnectOptions): Chat
export function connect(options: ConnectOptions & Partial<OfflineOptions>): Chat | OfflineChat {
  const { store } = options
  const onStoreError = guarded(options.onStoreError ?? (() => {}))
  const requests = new Requests(new Connection(options), options)
  const outbox = new Outbox({ store: store ?? memoryStore(), onStoreError })
  const chat = openChat({ requests, outbox }, options)
  if (!store) return chat
  return Object.assign(chat, { cache: openCache({ ...options, requests, store, onStoreError }) })
}

function openChat(parts: SendQueueParts, options: ConnectOptions) {
  const { requests, outbox } = parts
  const { connection } = requests
  const sendQueue = new SendQueue(parts, options)
  const rooms = new OpenRooms(requests)
  return {
    /** Resolves on the first connect; rejects where the server refuses for good, or `close()` comes first. */
    ready: connection.ready,
    get state() {
      return connection.state
    },
    /** Any request of the contract. @throws ChatError */
    ask: <E extends ClientEvent>(event: E, ...[input, options]: AskArguments<E>): Promise<AskOutput<E>> =>
      requests.ask(event, (input ?? {}) as AskInput<E>, options),
    /**
     * Queues a message and sends it until it is acked, one at a time in each room.
     * @throws ChatError where the server refuses for good
     */
    send: (draft: Draft) => sendQueue.send(draft),
    /**
     * Sends a file to a room, through every reconnect, until its message is stored.
     * @throws ChatError where the server refuses for good, or the reason of `signal`
     */
    upload: (file: FileSource, options: UploadOptions) => uploadFile(requests, file, options),
    /**
     * A link to a file of a room. For about a minute anybody can open it.
     * @throws ChatError FILE_NO_EXISTS, also where there is no thumbnail
     */
    fileUrl: async (roomId: string, path: string, options: FileUrlOptions = {}): Promise<string> =>
      (await requests.ask('getFileUrl', { roomId, path, ...options })).url,
    /** The messages that were not sent yet. */
    outbox: outboxOf(sendQueue, outbox),
    /** Opens a room: delivers its messages in order, each once, through every reconnect. */
    openRoom: (roomId: string, options: OpenRoomOptions) => rooms.open(roomId, options),
    /** Listens until the returned function is called. */
    on: <E extends keyof ServerEvents>(event: E, listener: (payload: ServerEvents[E]) => void) =>
      listen(connection, event, listener),
    /** The same for an event of one room, which arrives while the room is open. */
    onRoom: <E extends keyof RoomServerEvents>(
      event: E,
      roomId: string,
      listener: (payload: RoomServerEvents[E]) => void,
    ) => listen(connection, `${event}_${roomId}`, listener),
    onConnection: (listener: StateListener) => connection.onState(listener),
    /** Ends everything: pending requests reject with CLOSED, and no timer is left. */
    close: () => connection.close(),
  }
}

const outboxOf = (sendQueue: SendQueue, outbox: Outbox) => ({
  /** In the order in which they were queued; with `failure`, where the server refused one. */
  list: async (): Promise<QueuedDraft[]> => {
    await sendQueue.loaded
    return outbox.list()
  },
  /**
   * Removes a draft from the queue, also a refused one; its `send` rejects with CANCELLED. One that was being sent
   * may have arrived. Resolves with false where it is not in the queue.
   */
  cancel: (draft: DraftId): Promise<boolean> => sendQueue.cancel(draft),
  /** Calls back with the queue whenever it changes, until the returned function is called. */
  onChange: (listener: (drafts: QueuedDraft[]) => void) => outbox.onChange(listener),
})

function listen<T>({ socket }: Connection, event: string, listener: (payload: T) => void): () => void {
  const own = (payload: T) => listener(payload)
  socket.on(event, own)
  return () => socket.off(event, own)
}
