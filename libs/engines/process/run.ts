import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Launch } from '../engine.ts'
import { endProcess, writeRecord } from './record.ts'

export type RunOptions = {
  title: string
  file: string
  launch: Launch
  folder: string
  port: number
  logFile: string
  recordFile: string
  env: NodeJS.ProcessEnv
  answers: (url: string) => Promise<void>
}

/** One run of an engine. `exited` resolves to how it ended, and never rejects. */
export type Running = { pid: number; exited: Promise<string>; end: () => void }

const largestLogBytes = 10_000_000
const startDeadlineMs = 30_000
const endDeadlineMs = 4000

/** Starts an engine, which runs until the signal ends it. Resolves when it answers. @throws with the end of its log */
export async function run(options: RunOptions, signal: AbortSignal): Promise<Running> {
  const running = await spawnEngine(options)
  if (signal.aborted) running.end()
  signal.addEventListener('abort', running.end)
  running.exited.then(() => signal.removeEventListener('abort', running.end))
  const giveUp = new AbortController()
  const over = running.exited.then((how) => {
    throw new Error(`it ended at once (${how})`)
  })
  try {
    const stop = AbortSignal.any([signal, giveUp.signal, AbortSignal.timeout(startDeadlineMs)])
    await Promise.race([untilAnswers(options, stop), over])
    return running
  } catch (error) {
    running.end()
    await running.exited
    const log = await tail(options.logFile)
    throw new Error(`${options.title} did not start: ${(error as Error).message}; its log ends with\n${log}`)
  } finally {
    giveUp.abort()
  }
}

async function spawnEngine({ file, launch, folder, port, logFile, recordFile, env }: RunOptions) {
  const log = await openLog(logFile)
  const child = spawn(file, launch.args, {
    cwd: folder,
    env: { ...env, ...launch.env },
    stdio: ['ignore', log.fd, log.fd],
    // A process group of its own: Ctrl-C must not reach the engine before the services have stopped.
    detached: true,
  })
  const { pid } = child
  if (pid !== undefined && launch.isBulk) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  if (pid !== undefined) writeRecord(recordFile, { port, pid })
  const exited = once(child, 'exit').then(
    ([code, signal]): string => signal ?? `exit code ${code}`,
    (error: Error) => error.message,
  )
  await log.close()
  return { pid: pid ?? 0, exited, end: () => void (pid && endProcess(pid, endDeadlineMs)) }
}

async function untilAnswers({ answers, launch }: RunOptions, stop: AbortSignal): Promise<void> {
  for (let last = 'no answer'; ; await delay(25)) {
    if (stop.aborted) throw new Error(last)
    try {
      return await answers(launch.url)
    } catch (error) {
      last = (error as Error).message
    }
  }
}

/** Opens an engine's log to append to. A large log is renamed first; one old log is kept. */
async function openLog(file: string): Promise<FileHandle> {
  await mkdir(dirname(file), { recursive: true })
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  )
  if (size > largestLogBytes) await rename(file, `${file}.old`)
  return open(file, 'a')
}

async function tail(file: string, lines = 10): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}
