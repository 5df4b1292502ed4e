import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

const largestBytes = 10_000_000

/** Opens an engine's log to append to. A large log is renamed first; one old log is kept. */
export async function openLog(file: string): Promise<FileHandle> {
  await mkdir(dirname(file), { recursive: true })
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  )
  if (size > largestBytes) await rename(file, `${file}.old`)
  return open(file, 'a')
}

/** The last lines of a log, for an error message. */
export async function tail(file: string, lines = 10): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}
