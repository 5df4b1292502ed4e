import type { Message } from '@chat/contract'
import { backoff, persist, sleep } from '../connection/backoff.ts'
import { unavailable } from '../connection/chat-error.ts'
import type { AskOutput, Requests } from '../connection/requests.ts'
import { pieceOf, type Upload } from './source.ts'

const PARTS_AT_ONCE = 3
/** Attempts in a row without any part stored: the object store is down, or refuses this page's origin. */
const MAX_FAILED_ATTEMPTS = 5
const COMPLETING_TIMEOUT_MS = 90_000

type Links = AskOutput<'createUpload'>

/** Uploads part by part to the object store. The server names the parts that are still missing. */
export async function sendParts(requests: Requests, upload: Upload): Promise<Message> {
  const { place, signal, onProgress } = upload
  const links = () => persist(() => requests.once('createUpload', place), signal)
  let missing = await links()
  for (let failedAttempts = 0; missing.parts.length > 0; ) {
    const stored = await putAll(upload, missing)
    signal.throwIfAborted()
    failedAttempts = stored > 0 ? 0 : failedAttempts + 1
    if (failedAttempts === MAX_FAILED_ATTEMPTS)
      throw unavailable('The object store takes no parts of the file')
    if (failedAttempts > 0) await sleep(backoff(failedAttempts), signal)
    missing = await links()
  }
  const { roomId, syncKey } = place
  const completing = { timeoutMs: COMPLETING_TIMEOUT_MS }
  const complete = () => requests.once('completeUpload', { roomId, syncKey }, completing)
  const { message } = await persist(complete, signal)
  signal.throwIfAborted()
  onProgress(100)
  return message
}

/** Puts a few parts at a time, until none is left or one fails. @returns how many were stored */
async function putAll(upload: Upload, { parts, partSize }: Links): Promise<number> {
  const { source, place, signal, onProgress } = upload
  const waiting = [...parts]
  let stored = 0
  const work = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      const start = (part.partNumber - 1) * partSize
      const body = await pieceOf(source, start, start + partSize)
      if (!(await isStored(part.url, body, signal))) return
      stored += 1
      onProgress(percentStored(place.size / partSize, parts.length - stored))
    }
  }
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, work))
  return stored
}

/** At most 99: 100 is reported with the message. */
const percentStored = (parts: number, missing: number) =>
  Math.min(99, Math.floor(100 * (1 - missing / Math.max(1, Math.ceil(parts)))))

/** A refusal may mean that the link has expired, and an error that the network failed: new links help in both cases. */
const isStored = (url: string, body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<boolean> =>
  fetch(url, { method: 'PUT', body, signal }).then(
    ({ ok }) => ok,
    () => false,
  )
