import type { Tail } from './chunk-store.ts'
import type { UploadParts } from './parts.ts'
import type { UploadDoc } from './upload-store.ts'

// Combines chunks into S3 parts. Which chunks make which part depends on the chunks only, so that instances that do it
// at the same time, or again after a crash, do the same.

/** The smallest part that S3 accepts, except for the last one. */
export const PART_BYTES = 5 * 1024 * 1024

export async function beginParts({ uploads, bucket }: UploadParts, upload: UploadDoc) {
  if (upload.s3Id) return upload
  const s3Id = await bucket.begin(upload.path, upload.mediaType)
  const begun = await uploads.setS3Id(upload, s3Id)
  if (begun?.s3Id !== s3Id) await bucket.abort(upload.path, s3Id)
  return begun
}

/** Uploads the parts that the chunks complete. @returns the upload as it then is, null where it is gone */
export async function uploadParts(parts: UploadParts, upload: UploadDoc, tail: Tail) {
  let current: UploadDoc | null = upload
  while (current && tail.bytes - current.moved.bytes >= PART_BYTES)
    current = await uploadPart(parts, current, PART_BYTES)
  return current
}

export async function assembleChunks(parts: UploadParts, upload: UploadDoc, tail: Tail): Promise<void> {
  const { chunks, pacing, bucket, buffers } = parts
  if (tail.bytes < PART_BYTES)
    return buffers.run(async (buffer) => {
      const run = await chunks.read(upload.id, 0, upload.size, buffer)
      if (run) await bucket.put(upload.path, run.data, upload.mediaType)
    })
  let current = await uploadParts(parts, upload, tail)
  while (current && current.moved.bytes < current.size)
    current = await uploadPart(parts, current, current.size - current.moved.bytes)
  if (!current?.s3Id) return
  const { path, s3Id, parts: stored } = current
  await pacing.run(() => bucket.complete(path, s3Id, stored))
}

function uploadPart(parts: UploadParts, given: UploadDoc, bytes: number): Promise<UploadDoc | null> {
  const { chunks, pacing, bucket, uploads, buffers } = parts
  return buffers.run(async (buffer) => {
    const upload = await beginParts(parts, given)
    if (!upload?.s3Id) return upload
    const { id, path, s3Id, moved } = upload
    const run = await chunks.read(id, moved.slices, bytes, buffer)
    if (!run?.slices) return requireMoved(parts, upload)
    const part = await pacing.run(() => bucket.putPart(path, s3Id, upload.parts.length + 1, run.data))
    const sum = { slices: moved.slices + run.slices, bytes: moved.bytes + run.bytes }
    const noted = await uploads.addPart(upload, sum, part)
    if (noted) await chunks.removeMoved(id, noted.moved.slices)
    return noted
  })
}

/** Chunks may be missing because another instance has moved them: it notes the part before it removes them. */
async function requireMoved({ uploads }: UploadParts, upload: UploadDoc): Promise<UploadDoc | null> {
  const now = await uploads.find(upload._id)
  if (now?.id !== upload.id) return null
  if (now.moved.slices === upload.moved.slices) throw new Error(`chunks of upload ${upload.id} are missing`)
  return now
}
