import type { Message, Room } from '@chat/contract'
import type { AskInput, AskOutput, ClientEvent } from '../connection/events.ts'
import type { StoreErrorListener } from '../stores/store.ts'
import type { Cache } from './cache.ts'
import type { CacheSync } from './cache-sync.ts'

/** What an answer teaches. Called when the request goes out; what it returns, when the answer comes. */
type Lessons = { [E in ClientEvent]?: (input: AskInput<E>) => (answer: AskOutput<E>) => void }

/** Takes into the cache whatever passes by: events, and the answers to what anybody asks. */
export class CacheUpdates {
  private readonly cache: Cache
  private readonly cacheSync: CacheSync
  private readonly onStoreError: StoreErrorListener

  constructor(cache: Cache, cacheSync: CacheSync, onStoreError: StoreErrorListener) {
    this.cache = cache
    this.cacheSync = cacheSync
    this.onStoreError = onStoreError
  }

  asked<E extends ClientEvent>(event: E, input: AskInput<E>): ((answer: AskOutput<E>) => void) | undefined {
    return this.lessons[event]?.(input)
  }

  heard(event: string, payload: unknown) {
    if (event === 'listenRoom') this.roomChanged(payload as Room)
    else if (event === 'updateRoomLastMessage') this.roomMoved(payload as Room)
    else if (event.startsWith('listenMessage_')) this.messageCame(payload as Message)
    else if (event.startsWith('updateMessage_')) this.messageChanged(payload as Message)
  }

  private readonly lessons: Lessons = {
    listenRooms: () => this.listing(),
    queryRooms: () => this.listing(),
    createNewRoom: () => this.roomChanged,
    inviteRoom: () => this.answeredRoom,
    updateRoomSetting: () => this.answeredRoom,
    setMasters: () => this.answeredRoom,
    setAnnouncement: () => this.answeredRoom,
    leaveOutRoom: (roomId) => this.left(roomId),
    joinRoom: (roomId) => this.joining(roomId),
    listenMessagesByRoom: ({ roomId }) => this.paging(roomId),
    syncMessages: (input) => this.syncing(input),
    sendMessage: () => this.answeredMessage,
    sendFileMessage: () => this.answeredChunk,
    completeUpload: () => this.answeredMessage,
    editMessage: () => this.answeredMessage,
    deleteMessage: ({ roomId }) => this.changing(roomId),
    hideMessage: ({ roomId }) => this.changing(roomId),
  }

  private readonly roomChanged = (room: Room) => {
    if (room.removed) this.roomGone(room._id)
    else this.note(this.cache.putRooms([room], this.cache.tick()))
  }

  private readonly answeredRoom = ({ room }: { room: Room }) => this.roomChanged(room)

  private readonly answeredMessage = ({ message }: { message: Message }) => this.messageCame(message)

  private readonly answeredChunk = ({ message }: { message?: Message }) => {
    if (message) this.messageCame(message)
  }

  /** An event may overtake the answer, which is the older of the two then. */
  private listing() {
    const askedAt = this.cache.tick()
    return ({ list }: AskOutput<'listenRooms'>) => this.note(this.cache.putRooms(list, askedAt))
  }

  private roomGone(roomId: string) {
    this.note(this.cache.drop(roomId, this.cache.tick()))
  }

  /** All that is told of a closed room is its last message. */
  private roomMoved(room: Room) {
    this.roomChanged(room)
    if (room.lastMessage) this.messageCame(room.lastMessage)
  }

  private messageCame(message: Message) {
    const { roomId, seq } = message
    this.note(
      this.cache.hear(roomId, message).then((mark) => {
        if (mark && mark.seq < seq) this.cacheSync.want(roomId, { seq, change: 0 })
      }),
    )
  }

  private messageChanged(message: Message) {
    this.note(this.cache.revise(message.roomId, [message]))
  }

  private left(roomId: string) {
    return () => this.roomGone(roomId)
  }

  private joining(roomId: string) {
    return ({ lastSeq, lastChange }: AskOutput<'joinRoom'>) => {
      const known = { seq: lastSeq, change: lastChange }
      this.note(
        this.cache.begin({ roomId, ...known }, this.cache.tick()).then((mark) => {
          if (mark.seq < lastSeq || mark.change < lastChange) this.cacheSync.want(roomId, known)
        }),
      )
    }
  }

  private paging(roomId: string) {
    const askedAt = this.cache.tick()
    return ({ list }: AskOutput<'listenMessagesByRoom'>) => {
      this.note(
        this.cache.take(roomId, list, askedAt).then((isTaken) => {
          if (!isTaken && list.length > 0) this.cacheSync.adopt(roomId)
        }),
      )
    }
  }

  private syncing({ roomId, afterChange }: AskInput<'syncMessages'>) {
    const askedAt = this.cache.tick()
    return ({ list, changed, lastChange }: AskOutput<'syncMessages'>) => {
      this.note(this.cache.take(roomId, list, askedAt))
      this.note(this.cache.revise(roomId, changed))
      if (afterChange === undefined) return
      this.note(this.cache.advance(roomId, { from: afterChange, to: lastChange }, this.cache.tick()))
    }
  }

  /** The answer does not say what became of the message, and of a room that is closed no event does. */
  private changing(roomId: string) {
    return () => this.cacheSync.want(roomId, { seq: 0, change: Infinity })
  }

  private note(cacheUpdates: Promise<unknown>) {
    cacheUpdates.catch(this.onStoreError)
  }
}
