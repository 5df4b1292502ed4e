import { thumbnailPath } from '../storage/object-store.ts'
import type { UploadParts } from './parts.ts'
import type { UploadDoc } from './upload-store.ts'

export type RemovalParts = Pick<UploadParts, 'uploads' | 'chunks' | 'bucket' | 'logger'>

/** Ends an upload and removes it, now or, where that fails, later. */
export async function endUpload(parts: RemovalParts, upload: UploadDoc) {
  const ended = await parts.uploads.end(upload)
  if (ended) await tryToRemove(parts, ended)
}

/** Like `endUpload`, unless the upload is claimed, or was touched since it was read. */
export async function endUntouched(parts: RemovalParts, upload: UploadDoc) {
  const ended = upload.claim ? null : await parts.uploads.endUntouched(upload)
  if (ended) await tryToRemove(parts, ended)
}

/** Removes an upload in any state. @throws where that fails */
export async function removeUpload(parts: RemovalParts, upload: UploadDoc) {
  const ended = await parts.uploads.end({ ...upload, claim: null })
  await removeStored(parts, ended ?? upload)
  await parts.uploads.remove(upload)
}

/** Removes what an upload has stored. */
export async function removeStored({ chunks, bucket }: RemovalParts, upload: UploadDoc) {
  const { id, path, s3Id, state, file } = upload
  if (state !== 'done') {
    if (s3Id) await bucket.abort(path, s3Id)
    // A message may refer to a complete object: the garbage collector finds out.
    if (!file) await Promise.all([bucket.remove(path), bucket.remove(thumbnailPath(path))])
  }
  await chunks.removeAll(id)
}

async function tryToRemove(parts: RemovalParts, ended: UploadDoc) {
  await removeUpload(parts, ended).catch((err) =>
    parts.logger.warn({ err, upload: ended.id }, 'upload not removed, will try again'),
  )
}
