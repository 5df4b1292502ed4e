import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Bucket, unlessMissing } from '@chat/service'
import { objectFile, skippedObjects } from './layout.ts'

const AT_ONCE = 4

/** Copies the bucket into the backup. The paths are made by the product and contain no user input. */
export async function downloadObjects(bucket: Bucket, folder: string) {
  const paths = (await bucket.list('')).filter((path) => !path.startsWith(skippedObjects))
  const copied = { count: 0, bytes: 0 }
  await forEach(paths, async (path) => {
    const file = objectFile(folder, path)
    await mkdir(dirname(file), { recursive: true })
    // Removed since it was listed: its message is being deleted, too.
    const content = await unlessMissing(bucket.read(path))
    if (!content) return
    await pipeline(content, createWriteStream(file))
    // Read after the await, since other workers add to `copied` meanwhile.
    const { size } = await stat(file)
    copied.count += 1
    copied.bytes += size
  })
  return copied
}

export async function uploadObjects(folder: string, bucket: Bucket): Promise<number> {
  const root = objectFile(folder, '')
  const files = await objectFiles(folder)
  await forEach(files, async (file) => {
    const path = relative(root, file).split(sep).join('/')
    await bucket.write(path, createReadStream(file), (await stat(file)).size)
  })
  return files.length
}

/** The paths of a backup's files; empty if it was taken without them. */
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
