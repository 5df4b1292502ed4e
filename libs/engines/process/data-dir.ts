import { mkdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { engines } from '../engines.ts'
import { lock, type Release } from './lock.ts'
import { endLeftOver } from './record.ts'

type Acquire = { waitMs?: number; log?: (line: string) => void }

/**
 * Makes this process the only one that runs engines in a data folder, and ends the engines that a killed
 * owner left running there.
 *
 * @param waitMs how long a live owner may take to go, 10 s unless told otherwise
 * @throws naming the owner's pid when it stays
 */
export async function acquireDataDir(
  dataDir: string,
  { waitMs = 10_000, log }: Acquire = {},
): Promise<Release> {
  const folder = await resolveDataDir(dataDir)
  const inUse = (pid: number) =>
    new Error(
      `The data folder ${folder} is in use by process ${pid}. Stop that one first, or set CHAT_DATA_DIR to another folder.`,
    )
  const release = await lock(join(folder, 'run', 'owner'), waitMs, inUse)
  for (const { name, title, programs } of engines) {
    const commands = programs.map((program) => program.command)
    const pid = await endLeftOver(folder, name, commands)
    if (pid !== undefined) log?.(`${title}: ended process ${pid}, left over from an earlier run`)
  }
  return release
}

/** The folder itself, made if missing: engines carry it in their command lines, where it must be one spelling. */
export async function resolveDataDir(dataDir: string): Promise<string> {
  await makeFolder(dataDir)
  return realpath(dataDir)
}

/** As mkdir's own `recursive`, which never ends where a file system denies that it could hold the folder (/proc/x). */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await mkdir(path)
  }
}
