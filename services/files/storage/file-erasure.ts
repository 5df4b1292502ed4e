import { setTimeout as delay } from 'node:timers/promises'
import { anonymous, Fault, type Input, type Output } from '@chat/contract'
import type { UploadCleanup } from '../upload/upload-cleanup.ts'
import type { UploadStore } from '../upload/upload-store.ts'
import type { ObjectStore } from './object-store.ts'
import type { ObjectSweep } from './object-sweep.ts'
import type { ReferenceStore } from './reference-store.ts'
import type { References } from './references.ts'

const PAGE = 200
const CAUGHT_UP_WITHIN_MS = 10_000
const POLL_MS = 50

type Parts = {
  uploads: UploadStore
  uploadCleanup: UploadCleanup
  objects: ObjectStore
  store: ReferenceStore
  references: References
  objectSweep: ObjectSweep
  /** How far the references are behind the messages. */
  lagMs: () => Promise<number>
}

/** What platforms do with files: those of a room, or of a person. */
export class FileErasure {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** No message of the room refers to anything any more; what nobody else refers to is swept. */
  async purgeRoom(roomId: string): Promise<void> {
    const { store, references, uploads } = this.parts
    await references.settle(await store.forgetRoom(roomId))
    for (const upload of await uploads.ofRoom(roomId)) await this.parts.uploadCleanup.drop(upload)
  }

  /** A file that others have shared on is theirs now; everything else goes at once. */
  async eraseUser({ userId }: Input<'eraseUserInFiles'>): Promise<Output<'eraseUserInFiles'>> {
    const { uploads, uploadCleanup, objects, objectSweep } = this.parts
    await this.caughtUp()
    for (const upload of await uploads.ofOwner(userId)) await uploadCleanup.drop(upload)
    for (let docs = await objects.ownedBy(userId, '', PAGE); docs.length > 0; ) {
      for (const { _id } of docs) await objectSweep.removeUnlessKept(_id)
      await objects.disown(
        docs.map(({ _id }) => _id),
        anonymous.authorId,
      )
      docs = await objects.ownedBy(userId, '', PAGE)
    }
    return { nextCursor: null }
  }

  async collect({
    userId,
    cursor = '',
  }: Input<'exportUserFromFiles'>): Promise<Output<'exportUserFromFiles'>> {
    const docs = await this.parts.objects.ownedBy(userId, cursor, PAGE)
    const last = docs.at(-1)
    return {
      records: docs.map(({ _id, createdAt, ...file }) => ({
        kind: 'file',
        value: { path: _id, ...file, createdAt: createdAt.toISOString() },
      })),
      nextCursor: last && docs.length === PAGE ? last._id : null,
    }
  }

  /** Until it has heard of all messages that are gone. @throws SERVICE_UNAVAILABLE */
  private async caughtUp() {
    const until = performance.now() + CAUGHT_UP_WITHIN_MS
    while ((await this.parts.lagMs()) > 0) {
      if (performance.now() > until) throw new Fault('SERVICE_UNAVAILABLE')
      await delay(POLL_MS)
    }
  }
}
