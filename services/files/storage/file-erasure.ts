import { setTimeout as delay } from 'node:timers/promises'
import { anonymous, Fault, type Input } from '@chat/contract'
import type { FailedEvents, NumberedKind } from '@chat/service'
import { type RemovalParts, removeUpload } from '../upload/upload-removal.ts'
import type { GarbageCollector } from './garbage-collector.ts'
import { type FileStores, settleFiles } from './reference-tracker.ts'

const PAGE = 200
const CAUGHT_UP_WITHIN_MS = 10_000
const POLL_MS = 50

export type ErasureParts = RemovalParts &
  FileStores & {
    garbageCollector: GarbageCollector
    failedEvents: FailedEvents<NumberedKind>
    lagMs: () => Promise<number>
  }

/** Removes a room's uploads and references. The garbage collector removes files that no other room refers to. */
export async function purgeRoom(parts: ErasureParts, roomId: string) {
  const { store, uploads, failedEvents } = parts
  await failedEvents.removeRoom(roomId)
  await settleFiles(parts, await store.deleteRoom(roomId))
  for (const upload of await uploads.ofRoom(roomId)) await removeUpload(parts, upload)
  return { result: true }
}

/** Removes a user's uploads and files. A file that others have shared stays, without its owner's name. */
export async function eraseUser(parts: ErasureParts, erased: Input<'eraseUserInFiles'>) {
  const { uploads, objects, garbageCollector, failedEvents } = parts
  const { userId } = erased
  await waitForEvents(parts)
  await failedEvents.erase(erased)
  for (const upload of await uploads.ofOwner(userId)) await removeUpload(parts, upload)
  const next = () => objects.ownedBy(userId, '', PAGE)
  for (let docs = await next(); docs.length > 0; docs = await next()) {
    const paths = docs.map(({ _id }) => _id)
    for (const path of paths) await garbageCollector.removeUnused(path)
    await objects.changeOwner(paths, anonymous.authorId)
  }
  return { nextCursor: null }
}

export async function exportUser({ objects }: ErasureParts, input: Input<'exportUserFromFiles'>) {
  const { userId, cursor = '' } = input
  const docs = await objects.ownedBy(userId, cursor, PAGE)
  const records = docs.map(({ _id, createdAt, ...file }) => ({
    kind: 'file',
    value: { path: _id, ...file, createdAt: createdAt.toISOString() },
  }))
  return { records, nextCursor: docs.length === PAGE ? (docs.at(-1)?._id ?? null) : null }
}

/** Waits until the consumer has no lag. @throws SERVICE_UNAVAILABLE */
async function waitForEvents({ lagMs }: ErasureParts) {
  const until = performance.now() + CAUGHT_UP_WITHIN_MS
  while ((await lagMs()) > 0) {
    if (performance.now() > until) throw new Fault('SERVICE_UNAVAILABLE')
    await delay(POLL_MS)
  }
}
