import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { birthOf, commandLineOf, signal } from './processes.ts'

/** What a data folder remembers of an engine's last run: its port, and its process while it runs. */
export type EngineRecord = { port: number; pid?: number }

export const recordFile = (dataDir: string, name: string): string => join(dataDir, 'run', `${name}.json`)

/** At once and not later, so that no process lives that its data folder does not know. */
export function writeRecord(file: string, record: EngineRecord): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(record))
}

export function readRecord(file: string): EngineRecord | undefined {
  try {
    const { port, pid } = JSON.parse(readFileSync(file, 'utf8'))
    return Number.isInteger(port) ? { port, pid } : undefined
  } catch {
    // Missing, or cut short by a crash: it only saves a port and the search for what was left over.
    return undefined
  }
}

/**
 * Ends what a killed run left behind. A pid may by now be somebody else's process: only one whose command
 * line names both the engine and this data folder is ended.
 */
export async function endLeftOver(
  dataDir: string,
  name: string,
  commands: string[],
): Promise<number | undefined> {
  const pid = readRecord(recordFile(dataDir, name))?.pid
  if (pid === undefined) return undefined
  const line = commandLineOf(pid)
  const ours = commands.some((command) => line.includes(`/${command} `)) && line.includes(`${dataDir}/`)
  if (!ours) return undefined
  await endProcess(pid, 2000)
  return pid
}

/** Asks a process to stop, makes it after the deadline, and resolves when it is gone. */
export async function endProcess(pid: number, deadlineMs: number): Promise<void> {
  const birth = birthOf(pid)
  if (birth === undefined) return
  const deadline = Date.now() + deadlineMs
  signal(pid, 'SIGTERM')
  for (let forced = false; birthOf(pid) === birth; await delay(20)) {
    if (!forced && Date.now() >= deadline) {
      signal(pid, 'SIGKILL')
      forced = true
    }
  }
}
