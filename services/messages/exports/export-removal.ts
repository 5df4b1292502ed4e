import type { Parts } from '../parts.ts'
import { type ExportDoc, isExpired } from './export-store.ts'

type RemovalParts = Pick<Parts, 'exportStore' | 'storage'>

/** How long exports wait for the end of an erasure in their room. */
const ERASURE_MS = 5 * 60_000

/** Removes what is written of the file. A writer that still runs cannot complete it. */
export async function removeFile({ storage }: RemovalParts, { path, uploadId }: ExportDoc) {
  const bucket = await storage.open()
  if (uploadId !== null) await bucket.abort(path, uploadId)
  await bucket.remove(path)
}

export async function removeExports(parts: RemovalParts, docs: ExportDoc[]) {
  if (docs.length === 0) return
  await parts.exportStore.end(docs)
  const remove = async (doc: ExportDoc) => {
    await removeFile(parts, doc)
    await parts.exportStore.remove(doc)
  }
  await Promise.all(docs.map(remove))
}

/** Runs before the members' removal is acked. If it fails, their links work until the exports expire. */
export async function removeExportsOfMembers(parts: Parts, roomId: string, userIds: string[]) {
  try {
    await removeExports(parts, await parts.exportStore.ofMembers(roomId, userIds))
  } catch (err) {
    parts.logger.error({ err, roomId }, 'exports of removed members not removed yet')
  }
}

export async function removeExportsOfUser(parts: Parts, userId: string): Promise<void> {
  await removeExports(parts, await parts.exportStore.ofUser(userId))
  await parts.exportStore.freeSlot(userId)
}

/** Removes the files of a room's exports. They are written again after `rebuildExports`, or after five minutes. */
export const rebuildExportsLater = (parts: Parts, roomId: string): Promise<void> =>
  restart(parts, roomId, new Date(Date.now() + ERASURE_MS))

export async function rebuildExports(parts: Parts, roomId: string): Promise<void> {
  await restart(parts, roomId, new Date())
  parts.exportWorker.wake()
}

async function restart(parts: Parts, roomId: string, dueAt: Date) {
  for (const doc of await parts.exportStore.ofRoom(roomId)) {
    const before = isExpired(doc) ? null : await parts.exportStore.restart(doc._id, dueAt)
    if (before) await removeFile(parts, before)
  }
}
