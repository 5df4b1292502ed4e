import type { ExportDoc } from './export-store.ts'
import type { ExportParts } from './parts.ts'

export async function removeExports(parts: ExportParts, docs: ExportDoc[]) {
  if (docs.length === 0) return
  await parts.exportStore.end(docs)
  const remove = async (doc: ExportDoc) => {
    await removeFile(parts, doc)
    await parts.exportStore.remove(doc)
  }
  await Promise.all(docs.map(remove))
}

/** Removes what is written of the file. A writer that still runs cannot complete it. */
export async function removeFile({ storage }: ExportParts, { path, uploadId }: ExportDoc) {
  const bucket = await storage.open()
  if (uploadId !== null) await bucket.abort(path, uploadId)
  await bucket.remove(path)
}
