import type { Message } from '@chat/contract'
import type { StreamEvent } from '@chat/service'
import type { ObjectStore } from './object-store.ts'
import type { ReferenceDoc, ReferenceStore } from './reference-store.ts'

/** A share that runs while its message is deleted is stored within this time. */
const GRACE_MS = 60_000

export type FileStores = { store: ReferenceStore; objects: ObjectStore }

/** Notes which files messages refer to. Events may come in any order, repeatedly, and at several instances at once. */
export async function applyEvents(stores: FileStores, events: Pick<StreamEvent, 'message'>[]): Promise<void> {
  const latest = new Map<string, Message>()
  for (const { message } of events) {
    const known = latest.get(message._id)
    if (hasFiles(message) && !(known && known.updatedAt > message.updatedAt)) latest.set(message._id, message)
  }
  if (latest.size === 0) return
  await stores.store.put([...latest.values()].map(referenceOf))
  await settleFiles(stores, await stores.store.pathsOf([...latest.keys()]))
}

/** Keeps the files that are referred to, and marks the others for removal. @returns the others */
export async function settleFiles({ store, objects }: FileStores, paths: string[]): Promise<string[]> {
  const kept = await store.referredTo(paths)
  await objects.keep(paths.filter((path) => kept.has(path)))
  const unused = paths.filter((path) => !kept.has(path))
  await objects.release(unused, new Date(Date.now() + GRACE_MS))
  // Another instance may have changed references between the read and the writes: the last one to read sees both.
  const now = await store.referredTo(paths)
  const changed = paths.filter((path) => kept.has(path) !== now.has(path))
  if (changed.length === 0) return unused
  const settled = await settleFiles({ store, objects }, changed)
  return [...unused.filter((path) => !changed.includes(path)), ...settled]
}

const TYPES = ['PHOTO', 'VIDEO', 'FILE']
const TYPE_FIELDS = TYPES.map((type) => `"type":"${type}"`)
/** A deleted message has only its type left. */
const hasFiles = ({ data }: Message) => TYPES.includes(data.type)
/** Most messages have no files: they are not worth parsing. A text may look like it; then `hasFiles` tells. */
export function mayHaveFiles(json: Uint8Array): boolean {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength)
  return TYPE_FIELDS.some((field) => bytes.includes(field))
}

const referenceOf = ({ _id, roomId, data, status, updatedAt }: Message): ReferenceDoc => ({
  _id,
  roomId,
  paths: (data.content.files ?? []).map(({ path }) => path),
  isHidden: status.hidden,
  deletedAt: status.deleted ? new Date() : null,
  updatedAt: new Date(updatedAt),
})
