import type { ServiceName } from '../operations/operation.ts'
import { type OperationName, rowOf } from '../operations/operations.ts'
import type { RoomEvents, UserEvents } from './bus-events.ts'

/**
 * Encodes an id as one subject token: every UTF-8 byte outside [A-Za-z0-9_-] becomes `=` and two hex digits. Injective and
 * never empty, so no id reaches another id's subject.
 */
export const token = (id: string) => (id === '' ? '=' : id.replace(/[^A-Za-z0-9_-]/gu, escaped))

const escaped = (character: string) => Buffer.from(character).toString('hex').replace(/../g, '=$&')

/** All subjects of the system. `root` separates installations on one NATS server. */
export function subjectsOf(root = 'chat') {
  return {
    rpc: (service: ServiceName, operation: string) => `${root}.rpc.${service}.${operation}`,
    /** An operation of the table; one on jobs for every kind of them. */
    rpcOf: (name: OperationName) => {
      const { service } = rowOf(name)
      return service === 'jobs' ? `${root}.jobs.*.${name}` : `${root}.rpc.${service}.${name}`
    },
    /** An operation on the jobs of one kind. */
    jobs: (kind: string, operation: string) => `${root}.jobs.${kind}.${operation}`,
    roomEvent: (roomId: string, kind: keyof RoomEvents | '*') =>
      `${root}.event.room.${token(roomId)}.${kind}`,
    everyRoom: (kind: keyof RoomEvents | '*') => `${root}.event.room.*.${kind}`,
    userEvent: (userId: string, kind: keyof UserEvents | '*') =>
      `${root}.event.user.${token(userId)}.${kind}`,
    everyUser: (kind: keyof UserEvents | '*') => `${root}.event.user.*.${kind}`,
    /** Request: each edge where the room is open answers with the ids of the users who have it open. */
    roomPresence: (roomId: string) => `${root}.presence.room.${token(roomId)}`,
    everyPresence: (of: 'room' | 'user') => `${root}.presence.${of}.*`,
    /** Request: every gateway with a connection of the user answers. No responder means offline. */
    userPresence: (userId: string) => `${root}.presence.user.${token(userId)}`,
    /** Heartbeats of the processes that confirm broadcasts. */
    roll: `${root}.roll`,
    /** Request: the instance that stores events under this id answers. No responder means that it has ended. */
    writer: (id: string) => `${root}.outbox.${token(id)}`,
    everyWriter: `${root}.outbox.*`,
    words: `${root}.event.words`,
    /** With the root `*`: the streams of all installations. */
    stream: root === '*' ? '*' : `${root.toUpperCase()}_EVENTS`,
  }
}
export type Subjects = ReturnType<typeof subjectsOf>

/** The reply inbox of a NATS user. Other users may not subscribe there. */
export const inboxPrefix = (user: string) => `_INBOX_${user}`

/** The last token of an event's subject. */
export const kindOf = (subject: string) => subject.slice(subject.lastIndexOf('.') + 1)

/** What the names of consumers on the server end in. Earlier versions have acked consumers under the bare name. */
const READER = '-reader'
export const readerName = (consumer: string) => consumer + READER
export const isReader = (name: string) => name.endsWith(READER)
/** The name of whose reader it is; of other consumers their own. */
export const consumerName = (name: string) => (isReader(name) ? name.slice(0, -READER.length) : name)
