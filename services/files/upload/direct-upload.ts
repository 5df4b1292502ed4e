import { type Caller, Fault, type Input } from '@chat/contract'
import type { Part } from '@chat/service'
import { beginParts } from './part-upload.ts'
import type { UploadParts } from './parts.ts'
import { completeUpload } from './upload-completion.ts'
import { findMessage, openUpload, requireFound, resumeUpload } from './upload-start.ts'
import { type UploadDoc, uploadKey } from './upload-store.ts'

type Wanted = Input<'createUpload'>
type FilePart = Pick<Part, 'number' | 'size'>

const MIB = 1024 * 1024
const MIN_PART_BYTES = 8 * MIB
/** S3 allows ten times as many; the links to so many fit into one answer. */
const MAX_PARTS = 1_000

/** The size in bytes of every part except the last. */
export const partSizeOf = (size: number) => Math.max(MIN_PART_BYTES, Math.ceil(size / MAX_PARTS / MIB) * MIB)

export function partsOf(size: number): FilePart[] {
  const partSize = partSizeOf(size)
  return Array.from({ length: Math.ceil(size / partSize) }, (_, index) => ({
    number: index + 1,
    size: Math.min(partSize, size - index * partSize),
  }))
}

/** @returns signed links for the missing parts; none where all have come, or the message is stored */
export function createUpload(parts: UploadParts, caller: Caller, wanted: Wanted) {
  const { uploads, limits, queue } = parts
  return queue.run(keyOf(caller, wanted), async () => {
    const openMs = limits.uploadLinkSeconds * 1_000
    const openUntil = new Date(Date.now() + openMs)
    const answer = { parts: [], partSize: partSizeOf(wanted.size), expiresAt: openUntil.toISOString() }
    // The type is checked when the bytes are there.
    const check = async () => 'application/octet-stream'
    const opened = await openUpload(parts, caller, { ...wanted, way: 'parts', openMs, check })
    if ('message' in opened) return answer
    const begun = await beginParts(parts, opened.upload)
    const upload = requireFound(begun && (await uploads.touch(begun, openUntil)))
    return { ...answer, parts: await linksOf(parts, upload) }
  })
}

/** Asks S3 whether every part is there as announced. @throws INVALID_REQUEST naming the first part that is missing */
export function completeDirectUpload(parts: UploadParts, caller: Caller, name: Input<'completeUpload'>) {
  const { uploads, queue } = parts
  const key = keyOf(caller, name)
  return queue.run(key, async () => {
    const made = await completeOpen(parts, caller, await uploads.find(key))
    return requireFound(made ?? (await findMessage(parts, caller, name)))
  })
}

/** @returns null where the upload is not open, or is closed meanwhile */
async function completeOpen(parts: UploadParts, caller: Caller, upload: UploadDoc | null) {
  if (upload?.state !== 'open') return null
  const resumed = await resumeUpload(parts, caller, upload)
  if ('message' in resumed) return resumed.message
  const open = await parts.uploads.touch(resumed.upload, resumed.upload.openUntil)
  return open && completeUpload(parts, caller, open, () => assemble(parts, open))
}

async function linksOf({ bucket, limits }: UploadParts, { path, s3Id, size }: UploadDoc) {
  const stored = await bucket.parts(path, s3Id as string)
  // Without a multipart upload the object is complete.
  if (!stored) return []
  const missing = partsOf(size).filter((part) => !isStored(stored, part))
  const linkTo = async ({ number }: FilePart) => ({
    partNumber: number,
    url: await bucket.linkToPart(path, s3Id as string, number, limits.uploadLinkSeconds),
  })
  return Promise.all(missing.map(linkTo))
}

async function assemble({ bucket }: UploadParts, { path, s3Id, size }: UploadDoc) {
  const stored = s3Id ? await bucket.parts(path, s3Id) : []
  if (!stored) return
  const wanted = partsOf(size)
  const missing = wanted.find((part) => !isStored(stored, part))
  if (missing) {
    const message = `Part ${missing.number} of ${missing.size} bytes is missing`
    throw new Fault('INVALID_REQUEST', { message, data: { partNumber: missing.number } })
  }
  const numbered = stored.filter(({ number }) => number <= wanted.length)
  await bucket.complete(path, s3Id as string, numbered)
}

const keyOf = ({ userId }: Caller, { roomId, syncKey }: Pick<Wanted, 'roomId' | 'syncKey'>) =>
  uploadKey({ way: 'parts', owner: userId, roomId, syncKey })

const isStored = (stored: Part[], { number, size }: FilePart) =>
  stored.some((part) => part.number === number && part.size === size)
