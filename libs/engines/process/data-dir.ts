import { mkdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { engines } from '../engines.ts'
import { lock } from './lock.ts'
import { endLeftOver } from './record.ts'

type Acquire = { waitMs?: number; log?: (line: string) => void }

/** Locks a data folder, and ends engines that a killed owner left. Waits `waitMs` for a live owner. @throws its pid */
export async function acquireDataDir(dataDir: string, { waitMs = 10_000, log }: Acquire = {}) {
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

/** The folder's real path, created if missing: engines have it in their command lines, where it must be unique. */
export async function resolveDataDir(dataDir: string): Promise<string> {
  await makeFolder(dataDir)
  return realpath(dataDir)
}

/** Like mkdir's `recursive`, which never ends where the file system cannot hold the folder (/proc/x). */
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
