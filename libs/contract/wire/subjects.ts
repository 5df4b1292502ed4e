import type { ServiceName } from '../operations/operation.ts'
import { type OperationName, rowOf } from '../operations/operations.ts'
import type { RoomEvents, UserEvents } from './bus-events.ts'

/**
 * An id as one subject token. Injective, and free of `.`, `*`, `>`, spaces and emptiness, so that no id reaches
 * another's subject: every UTF-8 byte outside [A-Za-z0-9_-] becomes `=` and two hex digits.
 */
export function token(id: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(id)) return id
  let out = ''
  for (const byte of new TextEncoder().encode(id)) {
    const char = String.fromCharCode(byte)
    out += /[A-Za-z0-9_-]/.test(char) ? char : `=${byte.toString(16).padStart(2, '0')}`
  }
  return out === '' ? '=' : out
}

/** Every subject of the system is spelled here. `root` separates installations on one bus. */
export function subjectsOf(root = 'chat') {
  return {
    rpc: (service: ServiceName, operation: string) => `${root}.rpc.${service}.${operation}`,
    rpcOf: (name: OperationName) => `${root}.rpc.${rowOf(name).service}.${name}`,
    roomEvent: (roomId: string, kind: keyof RoomEvents | '*') =>
      `${root}.event.room.${token(roomId)}.${kind}`,
    everyRoom: (kind: keyof RoomEvents | '*') => `${root}.event.room.*.${kind}`,
    userEvent: (userId: string, kind: keyof UserEvents | '*') =>
      `${root}.event.user.${token(userId)}.${kind}`,
    everyUser: (kind: keyof UserEvents | '*') => `${root}.event.user.*.${kind}`,
    /** A question: edges where the room is open answer with the ids of the users who have it open. */
    roomPresence: (roomId: string) => `${root}.presence.room.${token(roomId)}`,
    everyPresence: (of: 'room' | 'user') => `${root}.presence.${of}.*`,
    /** Answered by every gateway that the user is connected to: with nobody there, they are offline. */
    userPresence: (userId: string) => `${root}.presence.user.${token(userId)}`,
    /** Processes that keep a copy of who may do what tell here that they are alive. */
    roll: `${root}.roll`,
    /** A list of banned words has changed. */
    words: `${root}.event.words`,
    /** Of every installation where `root` stands for all of them. */
    stream: root === '*' ? '*' : `${root.toUpperCase()}_EVENTS`,
  }
}
export type Subjects = ReturnType<typeof subjectsOf>

/** Where the answers to a NATS user's questions go. Nobody else may listen there. */
export const inboxPrefix = (user: string) => `_INBOX_${user}`

/** The last token of an event's subject. */
export const kindOf = (subject: string) => subject.slice(subject.lastIndexOf('.') + 1)
