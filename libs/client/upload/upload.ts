import type { Message } from '@chat/contract'
import type { Connection } from '../connection/connection.ts'
import type { AskInput } from '../connection/events.ts'
import { guarded } from '../connection/guarded.ts'
import type { Requests } from '../connection/requests.ts'
import { newSyncKey } from '../outbox/send-queue.ts'
import { sendChunks } from './chunks.ts'
import { sendParts } from './parts.ts'
import { described, type FileSource } from './source.ts'

export type UploadOptions = {
  roomId: string
  /** Without one it is told from the file's media type: PHOTO, VIDEO, or else FILE. */
  type?: 'PHOTO' | 'VIDEO' | 'FILE'
  /** Default: the file's own. */
  name?: string
  /** To go on with an upload that an earlier client began; as with messages, one syncKey is stored once. */
  syncKey?: string
  /** Percent, 0 to 100. It goes back where the server has to be sent the file anew. */
  onProgress?: (percent: number) => void
  signal?: AbortSignal
  /** Straight to the server's object store, which has to allow the page's origin. Default false. */
  direct?: boolean
}

/** A file on its way to its message. */
export type Upload = {
  source: FileSource
  place: AskInput<'createUpload'>
  onProgress: (percent: number) => void
  /** Aborted where nobody wants it any more. */
  signal: AbortSignal
}

/** Files, sent until they are stored: what was lost with a connection is sent again, and nothing else. */
export class Uploads {
  private readonly connection: Connection
  private readonly requests: Requests

  constructor(connection: Connection, requests: Requests) {
    this.connection = connection
    this.requests = requests
  }

  async upload(source: FileSource, options: UploadOptions): Promise<Message> {
    const { roomId, syncKey = newSyncKey(), onProgress = () => {}, direct = false, signal } = options
    const { name, type, size } = described(source)
    const place = { roomId, syncKey, type: options.type ?? type, name: options.name ?? name, size }
    const ended = signal ? AbortSignal.any([this.connection.signal, signal]) : this.connection.signal
    ended.throwIfAborted()
    const upload = { source, place, onProgress: guarded(onProgress), signal: ended }
    return orAborted(ended, (direct ? sendParts : sendChunks)(this.requests, upload))
  }
}

/** Does not wait for what is on its way once the signal is aborted. */
async function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
