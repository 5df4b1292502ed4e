import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Bucket, unlessMissing } from '@chat/service'
import { objectFile, skippedObjects } from './layout.ts'

const AT_ONCE = 4

/** Files as they lie in S3. Their paths are made by the product, and hold nothing from outside. */
export async function copyOut(bucket: Bucket, folder: string) {
  const paths = (await bucket.list('')).filter((path) => !path.startsWith(skippedObjects))
  const copied = { count: 0, bytes: 0 }
  await forEach(paths, async (path) => {
    const file = objectFile(folder, path)
    await mkdir(dirname(file), { recursive: true })
    // It may have been removed since it was listed: then no message in the backup needs it for long.
    const content = await unlessMissing(bucket.read(path))
    if (!content) return
    await pipeline(content, createWriteStream(file))
    // Others add to it meanwhile: it is read after the wait, not before.
    const { size } = await stat(file)
    copied.count += 1
    copied.bytes += size
  })
  return copied
}

export async function copyIn(folder: string, bucket: Bucket): Promise<number> {
  const root = objectFile(folder, '')
  const files = await objectFiles(folder)
  await forEach(files, async (file) => {
    const path = relative(root, file).split(sep).join('/')
    await bucket.write(path, createReadStream(file), (await stat(file)).size)
  })
  return files.length
}

/** The files of a backup that are people's; none where it was taken without them. */
export async function objectFiles(folder: string): Promise<string[]> {
  const entries = await readdir(objectFile(folder, ''), { recursive: true, withFileTypes: true }).catch(
    () => [],
  )
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

async function forEach<T>(items: T[], work: (item: T) => Promise<void>) {
  const waiting = items.values()
  const worker = async () => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
