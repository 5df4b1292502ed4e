import type { RoomServerEvents, ServerEvents } from '@chat/contract'
import { Asking, type AskOptions } from './asking.ts'
import { Connection, type ConnectionOptions, type StateListener } from './connection.ts'
import type { AskInput, AskOutput, ClientEvent } from './events.ts'
import type { OpenRoomOptions } from './open-room.ts'
import { OpenRooms } from './open-rooms.ts'
import { type Draft, Sending } from './sending.ts'

export type ConnectOptions = ConnectionOptions & {
  /** For each try of a request, in milliseconds. Default 15,000. */
  timeoutMs?: number
  /** How often a request is sent that the server refuses with RATE_LIMITED. Default 5. */
  rateLimitTries?: number
  /** Messages that may wait to be sent; one more is refused with RATE_LIMITED. Default 1,000. */
  maxQueuedSends?: number
}

/** An input whose every field is optional may be left out. */
type AskArguments<E extends ClientEvent> =
  Record<string, never> extends AskInput<E>
    ? [input?: AskInput<E>, options?: AskOptions]
    : [input: AskInput<E>, options?: AskOptions]

export type Chat = ReturnType<typeof connect>

/** Connects to a gateway, and stays connected until `close()` or until the server refuses for good. */
export function connect(options: ConnectOptions) {
  const connection = new Connection(options)
  const asking = new Asking(connection, options)
  const sending = new Sending(asking, connection.signal, options)
  const rooms = new OpenRooms(connection, asking)

  function listen<T>(event: string, listener: (payload: T) => void): () => void {
    const own = (payload: T) => listener(payload)
    connection.socket.on(event, own)
    return () => connection.socket.off(event, own)
  }

  return {
    /** Resolves on the first connect; rejects where the server refuses for good, or `close()` comes first. */
    ready: connection.ready,
    get state() {
      return connection.state
    },
    /** Any request of the contract. @throws ChatError */
    ask: <E extends ClientEvent>(event: E, ...[input, options]: AskArguments<E>): Promise<AskOutput<E>> =>
      asking.ask(event, (input ?? {}) as AskInput<E>, options),
    /** Sends until acked, one message at a time in each room. @throws ChatError where the server refuses for good */
    send: (draft: Draft) => sending.send(draft),
    /** Opens a room: its messages in order, each once, through every reconnect. */
    openRoom: (roomId: string, options: OpenRoomOptions) => rooms.open(roomId, options),
    /** Listens until the returned function is called. */
    on: <E extends keyof ServerEvents>(event: E, listener: (payload: ServerEvents[E]) => void) =>
      listen(event, listener),
    /** The same for an event of one room; it comes while the room is open. */
    onRoom: <E extends keyof RoomServerEvents>(
      event: E,
      roomId: string,
      listener: (payload: RoomServerEvents[E]) => void,
    ) => listen(`${event}_${roomId}`, listener),
    onConnection: (listener: StateListener) => connection.onState(listener),
    /** Ends everything: what is under way is rejected with CLOSED, and no timer is left. */
    close: () => connection.close(),
  }
}
