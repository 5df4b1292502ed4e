import sharp from 'sharp'
import type { Preview } from './image-previewer.ts'

// The program of the process that reads images. It receives a file's path and answers with a preview.

const THUMBNAIL_PIXELS = 320
/** More than cameras produce; decoded it takes some 200 MB. */
const MAX_PIXELS = 50_000_000
const TIMEOUT_SECONDS = 10

// Only these formats: each decoder parses untrusted input.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((format) => `VipsForeignLoad${format}`),
})
sharp.cache(false)
sharp.concurrency(1)

async function preview(file: string): Promise<Preview> {
  const image = sharp(file, {
    limitInputPixels: MAX_PIXELS,
    sequentialRead: true,
    // Cameras write files that cause warnings and can be decoded.
    failOn: 'error',
  })
  const { autoOrient } = await image.metadata()
  // sharp drops metadata, such as the place where a photo was taken, unless told to keep it.
  const thumbnail = await image
    .autoOrient()
    .resize(THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 75 })
    .timeout({ seconds: TIMEOUT_SECONDS })
    .toBuffer()
  return { thumbnail, frameSize: { width: autoOrient.width, height: autoOrient.height } }
}

process.on('message', (file: string) => {
  preview(file).then(
    (preview) => process.send?.({ preview }),
    (error: Error) => process.send?.({ problem: error.message }),
  )
})
process.on('disconnect', () => process.exit())
