import { constants } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Program } from '../engine.ts'

export type Found = { program: Program; file: string }

/** The cache of engines, shared by all projects of this user. */
export const cacheFolder = (env: NodeJS.ProcessEnv): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'chat-api', 'engines')

export const cachedFile = (cache: string, { cached }: Program): string =>
  join(cache, cached.folder, cached.file)

export async function findProgram(programs: Program[], env: NodeJS.ProcessEnv): Promise<Found | undefined> {
  for (const program of programs) {
    const file = await onPath(program.command, env)
    if (file) return { program, file }
  }
  const cache = cacheFolder(env)
  for (const program of programs) {
    const file = cachedFile(cache, program)
    if (await isExecutable(file)) return { program, file }
  }
  return undefined
}

/** Only the program that wrote a data folder can read it. An empty folder suits all programs. */
export async function programsFor(programs: Program[], dataDir: string): Promise<Program[]> {
  const used = await Promise.all(programs.map(({ data }) => readdir(join(dataDir, data)).catch(() => [])))
  const own = programs.filter((_, index) => used[index]?.length)
  return own.length > 0 ? own : programs
}

/** An absolute path is tried as it is. */
export async function onPath(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (command.startsWith('/')) return command
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const file = join(folder, command)
    if (folder && (await isExecutable(file))) return file
  }
  return undefined
}

export async function isExecutable(file: string): Promise<boolean> {
  if (!(await stat(file).catch(() => undefined))?.isFile()) return false
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
