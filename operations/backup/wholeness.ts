import { stat } from 'node:fs/promises'
import { countIn } from './documents.ts'
import { collectionFile, type Manifest, objectFile } from './layout.ts'
import { objectFiles } from './objects.ts'

/**
 * Reads a backup to its end, as a restore will, and compares it with its manifest: a copy may have lost something on its
 * way, and a store that is half filled cannot be restored into again.
 * @throws naming the first thing that is missing or damaged
 */
export async function requireWhole(folder: string, { documents, objects }: Manifest) {
  for (const [place, expected] of Object.entries(documents)) {
    const file = collectionFile(folder, place)
    const count = await countIn(file).catch((cause: Error) => {
      throw new Error(`${file} cannot be read to its end: ${cause.message}`, { cause })
    })
    if (count !== expected)
      throw new Error(`${file} should hold ${expected} documents, and holds ${count}: the backup is damaged`)
  }
  if (!objects) return
  const found = await measure(await objectFiles(folder))
  if (found.count !== objects.count || found.bytes !== objects.bytes)
    throw new Error(
      `${objectFile(folder, '')} should hold ${told(objects)}, and holds ${told(found)}: the backup is damaged`,
    )
}

type Measured = { count: number; bytes: number }
const told = ({ count, bytes }: Measured) => `${count} files of ${bytes} bytes`

async function measure(files: string[]): Promise<Measured> {
  let bytes = 0
  for (const file of files) bytes += (await stat(file)).size
  return { count: files.length, bytes }
}
