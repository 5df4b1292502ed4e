import { type Bucket, type Logger, Periodic } from '@chat/service'
import { thumbnailPath } from '../storage/object-store.ts'
import type { ChunkStore } from './chunk-store.ts'
import type { UploadDoc, UploadStore } from './upload-store.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** What an upload that nobody goes on with is kept for, by its state. */
const KEPT_MS = { open: 24 * HOUR_MS, done: HOUR_MS, ended: MINUTE_MS } as const
/** Longer than any upload has chunks that are in no part. */
const CHUNKS_KEPT_MS = 7 * 24 * HOUR_MS
const PAGE = 100

type Parts = { uploads: UploadStore; chunks: ChunkStore; bucket: Bucket; logger: Logger }

/** Removes what uploads leave behind. Whatever is interrupted is done again by the next sweep. */
export class UploadCleanup {
  private readonly parts: Parts
  private readonly periodic: Periodic

  constructor(parts: Parts) {
    this.parts = parts
    this.periodic = new Periodic(
      MINUTE_MS,
      () => this.sweep(),
      (err) => parts.logger.warn({ err }, 'old uploads not looked for, will try again'),
    )
  }

  close() {
    return this.periodic.close()
  }

  /** Ends an upload and forgets all of it, sooner or later. */
  async end(upload: UploadDoc) {
    const ended = await this.parts.uploads.close(upload, 'ended')
    if (ended) await this.try(ended)
  }

  /** At once, in whatever state it is. */
  async drop(upload: UploadDoc) {
    await this.clear((await this.parts.uploads.close({ ...upload, claim: null }, 'ended')) ?? upload)
  }

  /** Likewise, unless somebody makes a message of it, or has gone on with it since it was read. */
  async endUntouched(upload: UploadDoc) {
    const ended = upload.claim ? null : await this.parts.uploads.endUntouched(upload)
    if (ended) await this.try(ended)
  }

  async clear(upload: UploadDoc) {
    const { uploads, chunks, bucket } = this.parts
    if (upload.state !== 'done') {
      if (upload.s3Id) await bucket.abort(upload.path, upload.s3Id)
      // A message may refer to one that was complete: whether any does is for the sweeping of objects to find.
      if (!upload.file) await this.removeObject(upload.path)
    }
    await chunks.clear(upload.id)
    await uploads.remove(upload)
  }

  private async removeObject(path: string) {
    const { bucket } = this.parts
    await Promise.all([bucket.remove(path), bucket.remove(thumbnailPath(path))])
  }

  /** Forgets what nobody has gone on with for long. */
  async sweep(now = Date.now()) {
    const { uploads, chunks } = this.parts
    for (const state of ['ended', 'done', 'open'] as const) {
      const old = await uploads.untouchedSince(state, new Date(now - KEPT_MS[state]), PAGE)
      for (const upload of old) {
        const closed = state === 'open' ? await uploads.endUntouched(upload) : upload
        if (closed) await this.try(closed)
      }
    }
    await chunks.clearOlderThan(new Date(now - CHUNKS_KEPT_MS))
  }

  private async try(upload: UploadDoc) {
    await this.clear(upload).catch((err) =>
      this.parts.logger.warn({ err, upload: upload.id }, 'upload not cleared, will try again'),
    )
  }
}
