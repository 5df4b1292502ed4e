import type { Message, Room } from '@chat/contract'
import type { AskInput, AskOutput, ClientEvent } from '../connection/events.ts'
import type { StoreErrorListener } from '../stores/store.ts'
import type { Cache } from './cache.ts'
import type { CacheSync } from './cache-sync.ts'

/** Called when a request is sent; the function that it returns is called with the answer. */
type AnswerHandlers = { [E in ClientEvent]?: (input: AskInput<E>) => (answer: AskOutput<E>) => void }

type Parts = { cache: Cache; sync: CacheSync; onStoreError: StoreErrorListener }

/** Puts into the cache whatever passes over the connection: events, and the answers to all requests. */
export class CacheUpdates {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  takeRequest<E extends ClientEvent>(
    event: E,
    input: AskInput<E>,
  ): ((answer: AskOutput<E>) => void) | undefined {
    return this.handlers[event]?.(input)
  }

  takeEvent(event: string, payload: unknown) {
    if (event === 'listenRoom') this.putRoom(payload as Room)
    else if (event === 'updateRoomLastMessage') this.putRoomAndMessage(payload as Room)
    else if (event.startsWith('listenMessage_')) this.addMessage(payload as Message)
    else if (event.startsWith('updateMessage_')) this.reviseMessage(payload as Message)
  }

  private readonly handlers: AnswerHandlers = {
    listenRooms: () => this.listRooms(),
    queryRooms: () => this.listRooms(),
    createNewRoom: () => (room) => this.putRoom(room),
    inviteRoom: () => this.putAnsweredRoom,
    updateRoomSetting: () => this.putAnsweredRoom,
    setMasters: () => this.putAnsweredRoom,
    setAnnouncement: () => this.putAnsweredRoom,
    leaveOutRoom: (roomId) => () => this.dropRoom(roomId),
    joinRoom: (roomId) => (joined) => this.beginRoom(roomId, joined),
    listenMessagesByRoom: ({ roomId }) => this.addPage(roomId),
    syncMessages: (input) => this.addMissed(input),
    sendMessage: () => this.addAnsweredMessage,
    sendFileMessage: () => this.addAnsweredMessage,
    completeUpload: () => this.addAnsweredMessage,
    editMessage: () => this.addAnsweredMessage,
    deleteMessage: ({ roomId }) => this.syncChanges(roomId),
    hideMessage: ({ roomId }) => this.syncChanges(roomId),
  }

  private readonly putAnsweredRoom = ({ room }: { room: Room }) => this.putRoom(room)

  private readonly addAnsweredMessage = ({ message }: { message?: Message }) => {
    if (message) this.addMessage(message)
  }

  private putRoom(room: Room) {
    if (room.removed) this.dropRoom(room._id)
    else this.note(this.parts.cache.putRooms([room], this.parts.cache.tick()))
  }

  private dropRoom(roomId: string) {
    this.note(this.parts.cache.drop(roomId, this.parts.cache.tick()))
  }

  /** For a closed room this event is the only one that brings its new message. */
  private putRoomAndMessage(room: Room) {
    this.putRoom(room)
    if (room.lastMessage) this.addMessage(room.lastMessage)
  }

  /** An event may overtake the answer, which is then the older of the two. */
  private listRooms() {
    const askedAt = this.parts.cache.tick()
    return ({ list }: AskOutput<'listenRooms'>) => this.note(this.parts.cache.putRooms(list, askedAt))
  }

  private addMessage(message: Message) {
    const { roomId, seq } = message
    this.note(
      this.parts.cache.add(roomId, message).then((mark) => {
        if (mark && mark.seq < seq) this.parts.sync.request(roomId, { seq, change: 0 })
      }),
    )
  }

  private reviseMessage(message: Message) {
    this.note(this.parts.cache.revise(message.roomId, [message]))
  }

  private beginRoom(roomId: string, { lastSeq, lastChange }: AskOutput<'joinRoom'>) {
    const end = { seq: lastSeq, change: lastChange }
    this.note(
      this.parts.cache.begin({ roomId, ...end }, this.parts.cache.tick()).then((mark) => {
        if (mark.seq < lastSeq || mark.change < lastChange) this.parts.sync.request(roomId, end)
      }),
    )
  }

  private addPage(roomId: string) {
    const askedAt = this.parts.cache.tick()
    return ({ list }: AskOutput<'listenMessagesByRoom'>) => {
      this.note(
        this.parts.cache.addPage(roomId, list, askedAt).then((isAdded) => {
          if (!isAdded && list.length > 0) this.parts.sync.startCaching(roomId)
        }),
      )
    }
  }

  private addMissed({ roomId, afterChange }: AskInput<'syncMessages'>) {
    const askedAt = this.parts.cache.tick()
    return ({ list, changed, lastChange }: AskOutput<'syncMessages'>) => {
      this.note(this.parts.cache.addPage(roomId, list, askedAt))
      this.note(this.parts.cache.revise(roomId, changed))
      if (afterChange === undefined) return
      this.note(
        this.parts.cache.advance(roomId, { from: afterChange, to: lastChange }, this.parts.cache.tick()),
      )
    }
  }

  /** The answer does not hold the changed message, and for a closed room no event does. */
  private syncChanges(roomId: string) {
    return () => this.parts.sync.request(roomId, { seq: 0, change: Infinity })
  }

  private note(update: Promise<unknown>) {
    update.catch(this.parts.onStoreError)
  }
}
