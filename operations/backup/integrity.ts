import { stat } from 'node:fs/promises'
import { countIn } from './documents.ts'
import { collectionFile, type Manifest, objectFile } from './layout.ts'
import { objectFiles } from './objects.ts'

/**
 * Reads a whole backup and compares it with its manifest. A damaged copy must be found before the restore writes: a store
 * that is half filled cannot be restored into again.
 * @throws an error that names the first missing or damaged part
 */
export async function requireIntact(folder: string, { documents, objects }: Manifest) {
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
      `${objectFile(folder, '')} should hold ${describe(objects)}, and holds ${describe(found)}: the backup is damaged`,
    )
}

type Measured = { count: number; bytes: number }
const describe = ({ count, bytes }: Measured) => `${count} files of ${bytes} bytes`

async function measure(files: string[]): Promise<Measured> {
  let bytes = 0
  for (const file of files) bytes += (await stat(file)).size
  return { count: files.length, bytes }
}
