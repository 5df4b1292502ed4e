export type RecordKind = 'rooms' | 'messages' | 'marks' | 'outbox'

/** A record to put, or, with null for its value, to take out. Values are plain data, as JSON has it. */
export type StoreChange = { kind: RecordKind; key: string; value: unknown }

/**
 * Where a client keeps what is to outlive a connection: rooms, messages, and drafts that are not sent yet.
 * One store belongs to one user. Keys are printable ASCII.
 */
export type ClientStore = {
  /** The values of a kind whose keys begin with `prefix` (all, where it is empty), in the order of their keys. */
  read(kind: RecordKind, prefix: string): Promise<unknown[]>
  /** All of it or nothing. Takes effect in the order of the calls; later reads see it. */
  write(changes: StoreChange[]): Promise<void>
}

/** What a store could not do must not stop a chat that is going on: it is told to this, and done without. */
export type StoreErrorListener = (error: unknown) => void

const SEQ_DIGITS = 10
const padded = (seq: number) => String(seq).padStart(SEQ_DIGITS, '0')

/** Without a slash, so that no room's keys begin with another's. */
export const roomKey = (roomId: string) => encodeURIComponent(roomId)
export const messagesPrefix = (roomId: string) => `${roomKey(roomId)}/`
export const messageKey = (roomId: string, seq: number) => `${messagesPrefix(roomId)}${padded(seq)}`
/** An app's own syncKey may be anything, also what the server is going to refuse. */
export const draftKey = (place: number, syncKey: string) =>
  `${padded(place)}/${encodeURIComponent(syncKey.toWellFormed())}`
