import type { Message, Room } from '@chat/contract'
import type { AskInput, AskOutput, ClientEvent, Requests } from '../connection/requests.ts'
import type { ClientStore, StoreErrorListener } from '../stores/store.ts'
import { Cache, type CacheChange, type CacheLimits } from './cache.ts'
import { CacheSync } from './cache-sync.ts'
import type { Mark } from './cached-messages.ts'

/** What can be shown without a connection. */
export type ChatCache = {
  /** Newest activity first. */
  rooms(): Promise<Room[]>
  /** The newest messages of a room that was read before: oldest first, without a gap. */
  messages(roomId: string): Promise<Message[]>
  /** Calls back when there is something else to show, until the returned function is called. */
  onChange(listener: (change: CacheChange) => void): () => void
}

type Options = CacheLimits & { requests: Requests; store: ClientStore; onStoreError: StoreErrorListener }

/** Opens a cache that takes in all that passes over the connection, and syncs after each connect. */
export function openCache({ requests, store, onStoreError, ...limits }: Options): ChatCache {
  const cache = new Cache(store, limits)
  cache.load().catch(onStoreError)
  const sync = new CacheSync({ requests, cache, onStoreError })
  const parts = { cache, sync, onStoreError }
  const handlers = answerHandlers(parts)
  requests.observe((event, input) => handlers[event]?.(input))
  requests.connection.socket.onAny((event, payload) => takeEvent(parts, event, payload))
  return {
    rooms: () => cache.list(),
    messages: (roomId) => cache.messages(roomId),
    onChange: (listener) => cache.onChange(listener),
  }
}

/** Called when a request is sent; the function that it returns is called with the answer. */
type AnswerHandlers = { [E in ClientEvent]?: (input: AskInput<E>) => (answer: AskOutput<E>) => void }

type Parts = { cache: Cache; sync: CacheSync; onStoreError: StoreErrorListener }

function takeEvent(parts: Parts, event: string, payload: unknown) {
  if (event === 'listenRoom') putRoom(parts, payload as Room)
  else if (event === 'updateRoomLastMessage') putRoomAndMessage(parts, payload as Room)
  else if (event.startsWith('listenMessage_')) addMessage(parts, payload as Message)
  else if (event.startsWith('updateMessage_')) reviseMessage(parts, payload as Message)
}

function answerHandlers(parts: Parts): AnswerHandlers {
  const putAnsweredRoom = ({ room }: { room: Room }) => putRoom(parts, room)
  const addAnsweredMessage = ({ message }: { message?: Message }) => message && addMessage(parts, message)
  return {
    listenRooms: () => listRooms(parts),
    queryRooms: () => listRooms(parts),
    createNewRoom: () => (room) => putRoom(parts, room),
    inviteRoom: () => putAnsweredRoom,
    updateRoomSetting: () => putAnsweredRoom,
    setMasters: () => putAnsweredRoom,
    setAnnouncement: () => putAnsweredRoom,
    leaveOutRoom: (roomId) => () => {
      parts.cache.drop(roomId, parts.cache.tick()).catch(parts.onStoreError)
    },
    joinRoom: (roomId) => (joined) => beginRoom(parts, roomId, joined),
    listenMessagesByRoom: ({ roomId }) => addPage(parts, roomId),
    syncMessages: (input) => addMissed(parts, input),
    sendMessage: () => addAnsweredMessage,
    sendFileMessage: () => addAnsweredMessage,
    completeUpload: () => addAnsweredMessage,
    editMessage: () => addAnsweredMessage,
    deleteMessage: ({ roomId }) => syncChanges(parts, roomId),
    hideMessage: ({ roomId }) => syncChanges(parts, roomId),
  }
}

function putRoom({ cache, onStoreError }: Parts, room: Room) {
  const at = cache.tick()
  const update = room.removed ? cache.drop(room._id, at) : cache.putRooms([room], at)
  update.catch(onStoreError)
}

/** For a closed room this event is the only one that brings its new message. */
function putRoomAndMessage(parts: Parts, room: Room) {
  putRoom(parts, room)
  if (room.lastMessage) addMessage(parts, room.lastMessage)
}

/** An event may overtake the answer, which is then the older of the two. */
function listRooms({ cache, onStoreError }: Parts) {
  const askedAt = cache.tick()
  return ({ list }: AskOutput<'listenRooms'>) => void cache.putRooms(list, askedAt).catch(onStoreError)
}

function addMessage({ cache, sync, onStoreError }: Parts, message: Message) {
  const { roomId, seq } = message
  const syncIfBehind = (mark?: Mark) => mark && mark.seq < seq && sync.request(roomId, { seq, change: 0 })
  cache.add(roomId, message).then(syncIfBehind).catch(onStoreError)
}

function reviseMessage({ cache, onStoreError }: Parts, message: Message) {
  cache.revise(message.roomId, [message]).catch(onStoreError)
}

/** What is cached from another epoch goes before anything of the answer is added, and is filled again. */
function keepEpoch({ cache, sync, onStoreError }: Parts, roomId: string, epoch: string) {
  const refill = (isDropped: boolean) => isDropped && sync.startCaching(roomId)
  cache.keepEpoch(roomId, epoch).then(refill).catch(onStoreError)
}

function beginRoom(parts: Parts, roomId: string, joined: AskOutput<'joinRoom'>) {
  const { cache, sync, onStoreError } = parts
  const end = { seq: joined.lastSeq, change: joined.lastChange, epoch: joined.epoch }
  keepEpoch(parts, roomId, joined.epoch)
  const syncIfBehind = (mark: Mark) =>
    (mark.seq < end.seq || mark.change < end.change) && sync.request(roomId, end)
  cache
    .begin({ roomId, ...end }, cache.tick())
    .then(syncIfBehind)
    .catch(onStoreError)
}

function addPage({ cache, sync, onStoreError }: Parts, roomId: string) {
  const askedAt = cache.tick()
  return ({ list }: AskOutput<'listenMessagesByRoom'>) => {
    const startCaching = (isAdded: boolean) => !isAdded && list.length > 0 && sync.startCaching(roomId)
    cache.addPage(roomId, list, askedAt).then(startCaching).catch(onStoreError)
  }
}

function addMissed(parts: Parts, { roomId, afterChange }: AskInput<'syncMessages'>) {
  const { cache, onStoreError } = parts
  const askedAt = cache.tick()
  return ({ list, changed, lastChange, epoch }: AskOutput<'syncMessages'>) => {
    keepEpoch(parts, roomId, epoch)
    cache.addPage(roomId, list, askedAt).catch(onStoreError)
    cache.revise(roomId, changed).catch(onStoreError)
    if (afterChange === undefined) return
    cache.advance(roomId, { from: afterChange, to: lastChange }, cache.tick()).catch(onStoreError)
  }
}

/** The answer does not hold the changed message, and for a closed room no event does. */
const syncChanges =
  ({ sync }: Parts, roomId: string) =>
  () =>
    sync.request(roomId, { seq: 0, change: Infinity })
