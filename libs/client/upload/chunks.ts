import type { Message } from '@chat/contract'
import { persist } from '../connection/backoff.ts'
import { ChatError } from '../connection/chat-error.ts'
import type { Requests } from '../connection/requests.ts'
import { pieceOf, type Upload } from './source.ts'

/** All clients use the same size, so that another client can resume an upload by its chunk index. */
const CHUNK_BYTES = 500_000
const CHUNK_TIMEOUT_MS = 60_000
/** A server that loses the upload more often will not keep it the next time either. */
const MAX_RESTARTS = 5

/**
 * Uploads chunk by chunk over the socket. The server names the next chunk that it needs: so the first chunk also finds
 * out how far an earlier client got.
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
      const next = sliceAfter(error)
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

/** The chunk to go on with where the server has fewer than expected; null where a retry is no use. */
function sliceAfter(error: unknown): number | null {
  if (!(error instanceof ChatError)) return null
  if (error.code === 'FILE_NO_EXISTS_WITH_SYNC_KEY') return 0
  if (error.code !== 'FILE_CHUNK_OUT_OF_ORDER') return null
  const { slice } = (error.data ?? {}) as { slice?: unknown }
  return typeof slice === 'number' ? slice : 0
}
