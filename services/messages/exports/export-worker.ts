import { Fault } from '@chat/contract'
import { eachJob, faultOf, JobWorker, type Lease } from '@chat/service'
import type { ExportParts } from '../parts.ts'
import { notify, whileMember } from './export-notices.ts'
import { removeFile } from './export-removal.ts'
import { type ExportDoc, isExpired, isOver, MAX_TRIES } from './export-store.ts'
import { ExportWriter } from './file/export-writer.ts'
import { isRefused } from './mailer.ts'

/** Each export keeps one part in memory. */
const CONCURRENCY = 2

export const startExportWorker = (parts: ExportParts) =>
  new JobWorker({
    jobs: parts.exportStore.jobs,
    logger: parts.logger,
    concurrency: CONCURRENCY,
    run: eachJob((doc: ExportDoc, lease) => run(parts, doc, lease)),
    expire: (doc) => removeStored(parts, doc),
  })

/** @returns when the export expires; nothing where it is removed now */
async function run(parts: ExportParts, claimed: ExportDoc, lease: Lease<ExportDoc>) {
  if (isExpired(claimed)) return removeStored(parts, claimed)
  try {
    const doc = isOver(claimed) ? claimed : await write(parts, claimed, lease)
    if (doc.state === 'ready' && !doc.isTold) await tryToNotify(parts, doc)
    return { isTold: true, dueAt: doc.expiresAt }
  } catch (error) {
    const doc = await parts.exportStore.find(claimed._id)
    if (doc?.claim !== claimed.claim) await removeOrphan(parts, claimed, doc)
    else if (isOfLeaver(error)) return removeStored(parts, doc)
    else if (!lease.signal.aborted) await prepareRetry(parts, doc, error)
    throw error
  }
}

async function write(parts: ExportParts, doc: ExportDoc, lease: Lease<ExportDoc>): Promise<ExportDoc> {
  await whileMember(parts, doc, async () => {})
  const bucket = await parts.storage.open()
  return (await ExportWriter.begin({ ...parts, bucket, lease }, doc)).finish()
}

/** A ready export stays ready when its notice cannot be sent. */
async function tryToNotify(parts: ExportParts, doc: ExportDoc) {
  try {
    await notify(parts, doc)
  } catch (err) {
    const isLast = isRefused(err) || doc.tries + 1 >= MAX_TRIES
    if (!isLast || isOfLeaver(err)) throw err
    parts.logger.warn({ err, exportId: doc._id, tries: doc.tries }, 'export has no notice')
  }
}

async function removeStored(parts: ExportParts, doc: ExportDoc) {
  await removeFile(parts, doc)
  await parts.exportStore.freeSlot(doc.userId, doc._id)
  return undefined
}

/** An export that was removed while it was written may have completed its object since. */
async function removeOrphan({ storage }: ExportParts, { path }: ExportDoc, doc: ExportDoc | null) {
  if (!doc || isExpired(doc)) await (await storage.open()).remove(path)
}

/** Unless a dependency was unavailable, the uploaded parts are taken to be broken: the export begins again. */
async function prepareRetry({ exportStore, storage }: ExportParts, doc: ExportDoc, error: unknown) {
  if (faultOf(error) || isOver(doc)) return
  if (doc.uploadId !== null) await (await storage.open()).abort(doc.path, doc.uploadId)
  await exportStore.jobs.update(doc, { uploadId: null, parts: [] })
}

const isOfLeaver = (error: unknown) => error instanceof Fault && error.code === 'ROOM_NO_EXISTS'
