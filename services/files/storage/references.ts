import type { Message } from '@chat/contract'
import type { StreamEvent } from '@chat/service'
import type { ObjectStore } from './object-store.ts'
import type { ReferenceDoc, ReferenceStore } from './reference-store.ts'

/** A share of a message that is deleted at the same time is stored within this. */
const GRACE_MS = 60_000

/** Follows the messages, and knows which files they refer to. A file to which none does any more is up for removal. */
export class References {
  private readonly store: ReferenceStore
  private readonly objects: ObjectStore
  constructor(store: ReferenceStore, objects: ObjectStore) {
    this.store = store
    this.objects = objects
  }

  /** Events may come again, late, or to several instances at once. */
  async take(events: StreamEvent[]): Promise<void> {
    const latest = new Map<string, Message>()
    for (const { message } of events) {
      const known = latest.get(message._id)
      if (isOfFiles(message) && !(known && known.updatedAt > message.updatedAt))
        latest.set(message._id, message)
    }
    if (latest.size === 0) return
    await this.store.put([...latest.values()].map(referenceOf))
    await this.settle(await this.store.pathsOf([...latest.keys()]))
  }

  /** Right at once, before the stream brings it. */
  taken(message: Message): Promise<void> {
    return this.take([{ kind: 'message', message }])
  }

  /** Keeps what is referred to, and puts the rest up for removal. @returns the rest */
  async settle(paths: string[]): Promise<string[]> {
    const kept = await this.store.referredTo(paths)
    await this.objects.keep(paths.filter((path) => kept.has(path)))
    const lost = paths.filter((path) => !kept.has(path))
    await this.objects.release(lost, new Date(Date.now() + GRACE_MS))
    // Somebody may have written after this has read, and before it has: whoever is last sees both.
    const now = await this.store.referredTo(paths)
    const moved = paths.filter((path) => kept.has(path) !== now.has(path))
    const movedLost = moved.length > 0 ? await this.settle(moved) : []
    return [...lost.filter((path) => !moved.includes(path)), ...movedLost]
  }
}

/** Of a deleted message only its type is left. */
const isOfFiles = ({ data }: Message) => ['PHOTO', 'VIDEO', 'FILE'].includes(data.type)

const referenceOf = ({ _id, roomId, data, status, updatedAt }: Message): ReferenceDoc => ({
  _id,
  roomId,
  paths: (data.content.files ?? []).map(({ path }) => path),
  isHidden: status.hidden,
  deletedAt: status.deleted ? new Date() : null,
  updatedAt: new Date(updatedAt),
})
