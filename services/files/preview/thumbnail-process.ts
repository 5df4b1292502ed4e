import sharp from 'sharp'
import type { Preview } from './previews.ts'

// The program of the process that looks at pictures: told a file, it answers with what is shown of it.

const THUMBNAIL_PIXELS = 320
/** Above what cameras make; whole in memory they take some 200 MB. */
const MOST_PIXELS = 50_000_000
const WITHIN_SECONDS = 10

// No more formats than are shown: each one is code that reads what came from outside.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((format) => `VipsForeignLoad${format}`),
})
sharp.cache(false)
sharp.concurrency(1)

async function look(file: string): Promise<Preview> {
  const picture = sharp(file, {
    limitInputPixels: MOST_PIXELS,
    sequentialRead: true,
    // Cameras write much that is odd, and can be seen all the same.
    failOn: 'error',
  })
  const { autoOrient } = await picture.metadata()
  // Metadata of the original, such as where it was taken, is left out unless it is asked for.
  const thumbnail = await picture
    .autoOrient()
    .resize(THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 75 })
    .timeout({ seconds: WITHIN_SECONDS })
    .toBuffer()
  return { thumbnail, frameSize: { width: autoOrient.width, height: autoOrient.height } }
}

process.on('message', (file: string) => {
  look(file).then(
    (preview) => process.send?.({ preview }),
    (error: Error) => process.send?.({ problem: error.message }),
  )
})
process.on('disconnect', () => process.exit())
