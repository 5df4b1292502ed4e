import { type Caller, type ErrorCode, Fault, type Message } from '@chat/contract'
import { type Bus, KeyedQueue, type Limits } from '@chat/service'
import { newPath } from '../storage/object-store.ts'
import type { Kind } from './admission.ts'
import type { UploadCleanup } from './upload-cleanup.ts'
import { type UploadDoc, type UploadStore, uploadKey, type Way } from './upload-store.ts'

/** What a client says of the file that it begins to send. */
export type Announced = { roomId: string; syncKey: string; type: Kind; name: string; size: number }
export type Beginning = {
  way: Way
  /** Judges what is known of the file's bytes. @returns its media type */
  judge: () => Promise<string>
  /** How long it counts as open, unless it goes on, in milliseconds. */
  opensMs: number
}
/** An upload to go on with, or what became of it. */
export type Opened = { upload: UploadDoc } | { message: Message }

const RETRY_AFTER_MS = 2_000
/** After these a message can only come of another upload. */
const FINAL: ErrorCode[] = ['ROOM_NO_EXISTS', 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED', 'USER_IS_MUTED']
export const isFinal = (error: unknown) => error instanceof Fault && FINAL.includes(error.code)

type Parts = { uploads: UploadStore; uploadCleanup: UploadCleanup; bus: Bus; limits: Limits }

/** How an upload begins: what is refused is refused before anything is stored. */
export class UploadStart {
  private readonly uploads: UploadStore
  private readonly uploadCleanup: UploadCleanup
  private readonly bus: Bus
  private readonly limits: Limits
  /** Of one user one after the other: of five that begin at once, four do. */
  private readonly lanes = new KeyedQueue()

  constructor({ uploads, uploadCleanup, bus, limits }: Parts) {
    this.uploads = uploads
    this.uploadCleanup = uploadCleanup
    this.bus = bus
    this.limits = limits
  }

  /**
   * @throws ROOM_NO_EXISTS, what keeps the caller from writing in the room, SEND_FILE_IS_EMPTY, FILE_TOO_LARGE, what
   * `judge` throws, RATE_LIMITED where too many are open
   */
  async open(caller: Caller, file: Announced, beginning: Beginning): Promise<Opened> {
    const stored = await this.stored(caller, file)
    if (stored) return { message: stored }
    await this.bus.ask('mayPost', caller, file.roomId)
    if (file.size === 0) throw new Fault('SEND_FILE_IS_EMPTY')
    if (file.size > this.limits.fileBytes) throw new Fault('FILE_TOO_LARGE')
    const upload = newUpload(caller.userId, file, { ...beginning, mediaType: await beginning.judge() })
    if (await this.lanes.run(caller.userId, () => this.begin(upload))) return { upload }
    const other = await this.uploads.find(upload._id)
    if (other?.state === 'open') return { upload: other }
    // One from before, of which no message came.
    if (other) await this.uploadCleanup.clear(other)
    return this.open(caller, file, beginning)
  }

  /**
   * One that was begun, if its owner may still write in the room; else it is ended.
   * @throws ROOM_NO_EXISTS, what keeps the caller from writing in the room
   */
  async resume(caller: Caller, upload: UploadDoc): Promise<Opened> {
    try {
      await this.bus.ask('mayPost', caller, upload.roomId)
      return { upload }
    } catch (error) {
      if (!isFinal(error)) throw error
      await this.uploadCleanup.endUntouched(upload)
      // Its message may be stored all the same.
      const message = await this.stored(caller, upload)
      if (message) return { message }
      throw error
    }
  }

  /** The message that a syncKey names already, a text too. @throws ROOM_NO_EXISTS */
  async stored(caller: Caller, { roomId, syncKey }: Pick<Announced, 'roomId' | 'syncKey'>) {
    return (await this.bus.ask('messageBySyncKey', caller, { roomId, syncKey })).message
  }

  /**
   * Counted once it is there, so that two that begin at once on two instances see each other.
   * @returns false where there is one of that name
   */
  private async begin(upload: UploadDoc): Promise<boolean> {
    if (!(await this.uploads.insert(upload))) return false
    if ((await this.uploads.countOpen(upload.owner)) <= this.limits.uploadsAtOnce) return true
    await this.uploads.remove(upload)
    const message = `No more than ${this.limits.uploadsAtOnce} files at once`
    throw new Fault('RATE_LIMITED', { message, retryAfterMs: RETRY_AFTER_MS })
  }
}

function newUpload(owner: string, file: Announced, more: { way: Way; mediaType: string; opensMs: number }) {
  const { roomId, syncKey, type, name, size } = file
  const { way, mediaType, opensMs } = more
  const now = new Date()
  const upload: UploadDoc = {
    _id: uploadKey({ way, owner, roomId, syncKey }),
    id: crypto.randomUUID(),
    ...{ way, owner, roomId, syncKey, type, name, size, mediaType },
    path: newPath(),
    state: 'open',
    s3Id: null,
    parts: [],
    moved: { slices: 0, bytes: 0 },
    file: null,
    claim: null,
    openUntil: new Date(now.getTime() + opensMs),
    touchedAt: now,
    createdAt: now,
  }
  return upload
}

/** @throws INVALID_REQUEST where the same syncKey now announces something else */
export function requireSame(upload: UploadDoc, { type, size }: Announced) {
  if (upload.size !== size || upload.type !== type)
    throw new Fault('INVALID_REQUEST', { message: 'Another file is being sent with this syncKey' })
}
