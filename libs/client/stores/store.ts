export const RECORD_KINDS = ['rooms', 'messages', 'marks', 'outbox'] as const
export type RecordKind = (typeof RECORD_KINDS)[number]

/** A record to put; a value of null removes it. Values are plain data, as in JSON. */
export type StoreChange = { kind: RecordKind; key: string; value: unknown }

/**
 * Keeps what outlives a connection: rooms, messages, and drafts that were not sent yet. One store belongs to one
 * user. Keys are printable ASCII.
 */
export type ClientStore = {
  /** The values of a kind whose keys begin with `prefix`, in the order of their keys. */
  read(kind: RecordKind, prefix: string): Promise<unknown[]>
  /** Writes all changes or none. Calls take effect in their order; later reads see them. */
  write(changes: StoreChange[]): Promise<void>
}

/** Called with each error of the store. The chat goes on without the store. */
export type StoreErrorListener = (error: unknown) => void

const SEQ_DIGITS = 10
const padded = (seq: number) => String(seq).padStart(SEQ_DIGITS, '0')

/** Has no slash, so that no room's keys begin with another's. */
export const roomKey = (roomId: string) => encodeURIComponent(roomId)
export const messagesPrefix = (roomId: string) => `${roomKey(roomId)}/`
export const messageKey = (roomId: string, seq: number) => `${messagesPrefix(roomId)}${padded(seq)}`
/** An app's own syncKey may be any string, also one that the server will refuse. */
export const draftKey = (place: number, syncKey: string) =>
  `${padded(place)}/${encodeURIComponent(syncKey.toWellFormed())}`
