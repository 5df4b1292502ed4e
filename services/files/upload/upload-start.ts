import { type Caller, type ErrorCode, Fault, type Input, type Message } from '@chat/contract'
import { newJob } from '@chat/service'
import { newPath } from '../storage/object-store.ts'
import type { UploadParts } from './parts.ts'
import { endUntouched, removeUpload } from './upload-removal.ts'
import { removableAt, type UploadDoc, uploadKey } from './upload-store.ts'

type Announced = Pick<UploadDoc, 'way' | 'roomId' | 'syncKey' | 'type' | 'name' | 'size'> & {
  /** Checks what is known of the file's bytes. @returns its media type */
  check: () => Promise<string>
  openMs: number
}
type Opened = { upload: UploadDoc } | { message: Message }

const RETRY_AFTER_MS = 2_000
const FINAL: ErrorCode[] = [
  'ROOM_NO_EXISTS',
  'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
  'USER_IS_MUTED',
  'FILE_TYPE_NOT_ALLOWED',
  'FILE_NO_EXISTS_WITH_SYNC_KEY',
]
export const isFinal = (error: unknown) => error instanceof Fault && FINAL.includes(error.code)

/**
 * Resumes the upload with that name, or begins one. A file that may not be sent is refused before anything is stored.
 * @throws ROOM_NO_EXISTS, what keeps the caller from writing in the room, SEND_FILE_IS_EMPTY, FILE_TOO_LARGE, what
 * `check` throws, RATE_LIMITED where too many are open, INVALID_REQUEST where the upload is of another file
 */
export async function openUpload(parts: UploadParts, caller: Caller, file: Announced): Promise<Opened> {
  const known = await parts.uploads.find(uploadKey({ ...file, owner: caller.userId }))
  const isOpen = known?.state === 'open'
  const opened = await (isOpen ? resumeUpload(parts, caller, known) : beginUpload(parts, caller, file))
  if ('upload' in opened && (opened.upload.size !== file.size || opened.upload.type !== file.type))
    throw new Fault('INVALID_REQUEST', { message: 'Another file is being sent with this syncKey' })
  return opened
}

/** Ends the upload where its owner may no longer write in the room. @throws what keeps the caller from writing there */
export async function resumeUpload(parts: UploadParts, caller: Caller, upload: UploadDoc): Promise<Opened> {
  try {
    await parts.bus.ask('mayPost', caller, upload.roomId)
    return { upload }
  } catch (error) {
    if (!isFinal(error)) throw error
    await endUntouched(parts, upload)
    const message = await findMessage(parts, caller, upload)
    if (message) return { message }
    throw error
  }
}

/** @throws FILE_NO_EXISTS_WITH_SYNC_KEY where the upload is closed or gone, and no message has come of it */
export function requireFound<T>(found: T | null): T {
  if (found === null) throw new Fault('FILE_NO_EXISTS_WITH_SYNC_KEY')
  return found
}

/** The caller's message with that syncKey, which may be a text. @throws ROOM_NO_EXISTS */
export async function findMessage({ bus }: UploadParts, caller: Caller, name: Input<'messageBySyncKey'>) {
  const { roomId, syncKey } = name
  return (await bus.ask('messageBySyncKey', caller, { roomId, syncKey })).message
}

async function beginUpload(parts: UploadParts, caller: Caller, file: Announced): Promise<Opened> {
  const { bus, limits, uploads } = parts
  const message = await findMessage(parts, caller, file)
  if (message) return { message }
  await bus.ask('mayPost', caller, file.roomId)
  if (file.size === 0) throw new Fault('SEND_FILE_IS_EMPTY')
  if (file.size > limits.fileBytes) throw new Fault('FILE_TOO_LARGE')
  const upload = newUpload(caller.userId, file, await file.check())
  if (await insert(parts, upload)) return { upload }
  const other = await uploads.find(upload._id)
  if (other?.state === 'open') return { upload: other }
  // An earlier upload with that name, which has become no message.
  if (other) await removeUpload(parts, other)
  return beginUpload(parts, caller, file)
}

/** Inserts, then counts, one at a time per user: so no more than `uploadsAtOnce` are open. @returns false where it exists */
function insert({ uploads, limits, queue }: UploadParts, upload: UploadDoc): Promise<boolean> {
  return queue.run(`user ${upload.owner}`, async () => {
    if (!(await uploads.insert(upload))) return false
    if ((await uploads.countOpen(upload.owner)) <= limits.uploadsAtOnce) return true
    await uploads.remove(upload)
    const message = `No more than ${limits.uploadsAtOnce} files at once`
    throw new Fault('RATE_LIMITED', { message, retryAfterMs: RETRY_AFTER_MS })
  })
}

function newUpload(owner: string, file: Announced, mediaType: string): UploadDoc {
  const { way, roomId, syncKey, type, name, size, openMs } = file
  const now = new Date()
  return {
    ...newJob(removableAt({ state: 'open', touchedAt: now })),
    _id: uploadKey({ way, owner, roomId, syncKey }),
    id: crypto.randomUUID(),
    way,
    owner,
    roomId,
    syncKey,
    type,
    name,
    size,
    mediaType,
    path: newPath(),
    state: 'open',
    s3Id: null,
    parts: [],
    moved: { slices: 0, bytes: 0 },
    file: null,
    openUntil: new Date(now.getTime() + openMs),
    touchedAt: now,
    createdAt: now,
  }
}
