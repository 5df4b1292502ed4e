import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Bucket, KeyedQueue, type Logger } from '@chat/service'
import type { ImagePreviewer, Preview } from './image-previewer.ts'
import type { VideoPreviewer } from './video-previewer.ts'

/** Includes the time in the queue; the sender waits for it. */
const TIMEOUT_MS = 15_000

type Parts = { bucket: Bucket; images: ImagePreviewer; videos: VideoPreviewer; logger: Logger }

/** Makes previews of images and videos, one at a time: nothing else in this service costs more. */
export class Previews {
  private readonly parts: Parts
  private readonly queue = new KeyedQueue()

  constructor(parts: Parts) {
    this.parts = parts
  }

  async make(path: string, mediaType: string): Promise<Preview> {
    const { videos, logger } = this.parts
    if (!mediaType.startsWith('image/') && !videos.supports(mediaType)) return {}
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    try {
      return await this.queue.run('', () => this.download(path, mediaType, signal))
    } catch (err) {
      logger.info({ err, path, mediaType }, 'file has no preview')
      return {}
    }
  }

  private async download(path: string, mediaType: string, signal: AbortSignal): Promise<Preview> {
    const { bucket, images, videos } = this.parts
    signal.throwIfAborted()
    const folder = await mkdtemp(join(tmpdir(), 'chat-file-'))
    try {
      const file = join(folder, 'original')
      await pipeline(await bucket.read(path), createWriteStream(file), { signal })
      if (mediaType.startsWith('image/')) return await images.preview(file, signal)
      return await videos.preview({ file, folder, mediaType }, signal)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
