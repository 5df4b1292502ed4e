import type { Message } from '@chat/contract'
import { backoff, persist, sleep } from '../connection/backoff.ts'
import { unavailable } from '../connection/chat-error.ts'
import type { AskOutput } from '../connection/events.ts'
import type { Requests } from '../connection/requests.ts'
import { pieceOf } from './source.ts'
import type { Upload } from './upload.ts'

const AT_ONCE = 3
/** Tries in a row in which not one part got through: the store is away, or not open to this page. */
const MAX_VAIN_TRIES = 5
const COMPLETING_TIMEOUT_MS = 90_000

type Links = AskOutput<'createUpload'>

/** Part by part to the object store itself. Asked again, the server names the parts that are still missing. */
export async function sendParts(requests: Requests, upload: Upload): Promise<Message> {
  const { place, signal, onProgress } = upload
  const links = () => persist(() => requests.once('createUpload', place), signal)
  let missing = await links()
  for (let vainTries = 0; missing.parts.length > 0; ) {
    const stored = await putAll(upload, missing)
    signal.throwIfAborted()
    vainTries = stored > 0 ? 0 : vainTries + 1
    if (vainTries === MAX_VAIN_TRIES) throw unavailable('The object store takes no parts of the file')
    if (vainTries > 0) await sleep(backoff(vainTries), signal)
    missing = await links()
  }
  const { roomId, syncKey } = place
  const message = await persist(() => complete(requests, { roomId, syncKey }), signal)
  signal.throwIfAborted()
  onProgress(100)
  return message
}

async function complete(requests: Requests, upload: { roomId: string; syncKey: string }): Promise<Message> {
  const { message } = await requests.once('completeUpload', upload, { timeoutMs: COMPLETING_TIMEOUT_MS })
  return message
}

/** A few at a time, until there are none or one fails. @returns how many got through */
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
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return stored
}

/** Below 100, which the message is. */
const percentStored = (parts: number, missing: number) =>
  Math.min(99, Math.floor(100 * (1 - missing / Math.max(1, Math.ceil(parts)))))

/** A refusal may mean that the link has expired, and an error that the line was lost: in both cases there are new links. */
const isStored = (url: string, body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<boolean> =>
  fetch(url, { method: 'PUT', body, signal }).then(
    ({ ok }) => ok,
    () => false,
  )
