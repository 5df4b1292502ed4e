import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Bucket, KeyedQueue, type Logger } from '@chat/service'
import type { Thumbnails } from './thumbnails.ts'
import type { VideoProbe } from './video.ts'

/** What is shown of a file before it is opened; what cannot be found out is absent. */
export type Preview = {
  thumbnail?: Buffer
  /** As it is seen, in pixels. */
  frameSize?: { width: number; height: number }
  /** In seconds. */
  duration?: number
}

/** Waiting for one's turn included: whoever has sent the file waits for it. */
const WITHIN_MS = 15_000

type Parts = { bucket: Bucket; thumbnails: Thumbnails; videoProbe: VideoProbe; logger: Logger }

/** Previews of pictures and videos, one at a time: they cost more than anything else here. */
export class Previews {
  private readonly parts: Parts
  private readonly lanes = new KeyedQueue()

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Never fails: a file that cannot be looked at has none. */
  async of(path: string, mediaType: string): Promise<Preview> {
    const look = this.lookerFor(mediaType)
    if (!look) return {}
    const signal = AbortSignal.timeout(WITHIN_MS)
    try {
      return await this.lanes.run('', () => this.withFile(path, signal, look))
    } catch (err) {
      this.parts.logger.info({ err, path, mediaType }, 'file has no preview')
      return {}
    }
  }

  private lookerFor(mediaType: string) {
    const { thumbnails, videoProbe } = this.parts
    if (mediaType.startsWith('image/'))
      return (file: string, _folder: string, signal: AbortSignal) => thumbnails.look(file, signal)
    if (videoProbe.canShow(mediaType))
      return (file: string, folder: string, signal: AbortSignal) =>
        videoProbe.look({ file, folder, mediaType }, signal)
    return null
  }

  private async withFile(
    path: string,
    signal: AbortSignal,
    look: (file: string, folder: string, signal: AbortSignal) => Promise<Preview>,
  ) {
    signal.throwIfAborted()
    const folder = await mkdtemp(join(tmpdir(), 'chat-file-'))
    try {
      const file = join(folder, 'original')
      await pipeline(await this.parts.bucket.read(path), createWriteStream(file), { signal })
      return await look(file, folder, signal)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
