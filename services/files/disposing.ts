import { setTimeout as delay } from 'node:timers/promises'
import { anonymous, Fault, type Input, type Output } from '@chat/contract'
import type { Clearing } from './clearing.ts'
import type { Objects } from './object-store.ts'
import type { ReferenceStore } from './reference-store.ts'
import type { References } from './references.ts'
import type { Sweeping } from './sweeping.ts'
import type { Uploads } from './upload-store.ts'

const PAGE = 200
const CAUGHT_UP_WITHIN_MS = 10_000
const POLL_MS = 50

type Parts = {
  uploads: Uploads
  clearing: Clearing
  objects: Objects
  store: ReferenceStore
  references: References
  sweeping: Sweeping
  /** How far the references are behind the messages. */
  lagMs: () => Promise<number>
}

/** What platforms do with files: those of a room, or of a person. */
export class Disposing {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** No message of the room refers to anything any more; what nobody else refers to is swept. */
  async purgeRoom(roomId: string): Promise<void> {
    const { store, references, uploads } = this.parts
    await references.settle(await store.forgetRoom(roomId))
    for (const upload of await uploads.ofRoom(roomId)) await this.parts.clearing.drop(upload)
  }

  /** A file that others have shared on is theirs now; everything else goes at once. */
  async eraseUser({ userId }: Input<'eraseUserInFiles'>): Promise<Output<'eraseUserInFiles'>> {
    const { uploads, clearing, objects, sweeping } = this.parts
    await this.caughtUp()
    for (const upload of await uploads.ofOwner(userId)) await clearing.drop(upload)
    for (let docs = await objects.ownedBy(userId, '', PAGE); docs.length > 0; ) {
      for (const { _id } of docs) await sweeping.removeUnlessKept(_id)
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
