import { thumbnailPath } from '../storage/object-store.ts'
import type { UploadParts } from './parts.ts'
import type { UploadDoc } from './upload-store.ts'

export type RemovalParts = Pick<UploadParts, 'uploads' | 'chunks' | 'bucket' | 'logger'>

/** Ends an upload and removes it, now or, where that fails, later. */
export const endUpload = async (parts: RemovalParts, upload: UploadDoc) =>
  tryToRemove(parts, await parts.uploads.end(upload))

/** Like `endUpload`, unless the upload is claimed, or was touched since it was read. */
export const endUntouched = async (parts: RemovalParts, upload: UploadDoc) =>
  tryToRemove(parts, upload.claim ? null : await parts.uploads.endUntouched(upload))

/** Removes an upload in any state. @throws where that fails */
export async function removeUpload(parts: RemovalParts, upload: UploadDoc) {
  const ended = await parts.uploads.end({ ...upload, claim: null })
  await removeStored(parts, ended ?? upload)
  await parts.uploads.remove(upload)
}

export async function removeStored({ chunks, bucket }: RemovalParts, upload: UploadDoc) {
  const { id, path, s3Id, state, file } = upload
  if (state !== 'done') {
    if (s3Id) await bucket.abort(path, s3Id)
    // A message may refer to a complete object: the garbage collector finds out.
    if (!file) await Promise.all([bucket.remove(path), bucket.remove(thumbnailPath(path))])
  }
  await chunks.removeAll(id)
}

async function tryToRemove(parts: RemovalParts, ended: UploadDoc | null) {
  if (!ended) return
  await removeUpload(parts, ended).catch((err) =>
    parts.logger.warn({ err, upload: ended.id }, 'upload not removed, will try again'),
  )
}
