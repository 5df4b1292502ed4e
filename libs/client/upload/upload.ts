import type { Message } from '@chat/contract'
import { guarded } from '../connection/listeners.ts'
import type { Requests } from '../connection/requests.ts'
import { newSyncKey } from '../outbox/send-queue.ts'
import { sendChunks } from './chunks.ts'
import { sendParts } from './parts.ts'
import { described, type FileSource } from './source.ts'

export type UploadOptions = {
  roomId: string
  /** Default: PHOTO or VIDEO by the file's media type, else FILE. */
  type?: 'PHOTO' | 'VIDEO' | 'FILE'
  /** Default: the file's own. */
  name?: string
  /** Resumes an upload that an earlier client began. As with messages, one syncKey is stored once. */
  syncKey?: string
  /** Percent, 0 to 100. It goes back where the server needs the file from its beginning. */
  onProgress?: (percent: number) => void
  signal?: AbortSignal
  /** Uploads straight to the object store, which must allow the page's origin. Default false. */
  direct?: boolean
}

/** Uploads a file until it is stored. After a lost connection only what did not arrive is sent again. */
export async function uploadFile(
  requests: Requests,
  source: FileSource,
  options: UploadOptions,
): Promise<Message> {
  const { roomId, syncKey = newSyncKey(), onProgress = () => {}, direct = false, signal } = options
  const { name, type, size } = described(source)
  const place = { roomId, syncKey, type: options.type ?? type, name: options.name ?? name, size }
  const closed = requests.connection.signal
  const ended = signal ? AbortSignal.any([closed, signal]) : closed
  ended.throwIfAborted()
  const upload = { source, place, onProgress: guarded(onProgress), signal: ended }
  return orAborted(ended, (direct ? sendParts : sendChunks)(requests, upload))
}

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
