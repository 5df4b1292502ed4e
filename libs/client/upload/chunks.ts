import type { Message } from '@chat/contract'
import { persist } from '../connection/backoff.ts'
import { ChatError } from '../connection/chat-error.ts'
import type { Requests } from '../connection/requests.ts'
import { pieceOf } from './source.ts'
import type { Upload } from './upload.ts'

/** The same for all clients: an index means the same bytes to the one that goes on. */
const CHUNK_BYTES = 500_000
/** As long as a chunk may take over a slow line. */
const CHUNK_TIMEOUT_MS = 60_000
/** A server that loses the upload more often than that will not keep it the next time either. */
const MAX_RESTARTS = 5

/**
 * Chunk by chunk over the socket. What counts is the next chunk that the server names: one that it has is passed over,
 * so that the first chunk also asks where an earlier client got to.
 */
export async function sendChunks(requests: Requests, upload: Upload): Promise<Message> {
  const { signal, onProgress } = upload
  let slice = 0
  for (let restarts = 0; ; ) {
    signal.throwIfAborted()
    try {
      const answer = await persist(() => sendChunk(requests, upload, slice), signal)
      signal.throwIfAborted()
      onProgress(answer.progress)
      if (answer.message) return answer.message
      slice = answer.slice ?? slice + 1
    } catch (error) {
      const next = placeAfter(error)
      if (next === null || restarts++ >= MAX_RESTARTS) throw error
      slice = next
    }
  }
}

async function sendChunk(requests: Requests, { source, place, signal }: Upload, slice: number) {
  signal.throwIfAborted()
  const data = await pieceOf(source, slice * CHUNK_BYTES, (slice + 1) * CHUNK_BYTES)
  return requests.once('sendFileMessage', { ...place, slice, data }, { timeoutMs: CHUNK_TIMEOUT_MS })
}

/** Where to go on when the server has less than was thought; null where it is no use. */
function placeAfter(error: unknown): number | null {
  if (!(error instanceof ChatError)) return null
  if (error.code === 'FILE_NO_EXISTS_WITH_SYNC_KEY') return 0
  if (error.code !== 'FILE_CHUNK_OUT_OF_ORDER') return null
  const { slice } = (error.data ?? {}) as { slice?: unknown }
  return typeof slice === 'number' ? slice : 0
}
