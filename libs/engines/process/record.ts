import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { birthOf, commandLineOf, signal } from './processes.ts'

/** An engine's last run, as its data folder records it: the port, and the process while it runs. */
type EngineRecord = { port: number; pid?: number }

export const recordFile = (dataDir: string, name: string): string => join(dataDir, 'run', `${name}.json`)

/** Synchronous, so that no process runs without a record. */
export function writeRecord(file: string, record: EngineRecord): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(record))
}

export function readRecord(file: string): EngineRecord | undefined {
  try {
    const { port, pid } = JSON.parse(readFileSync(file, 'utf8'))
    return Number.isInteger(port) ? { port, pid } : undefined
  } catch {
    // Missing or cut short by a crash. Only the port, and a process to clean up, are lost.
    return undefined
  }
}

/** Ends what a killed run left: pids are reused, so the command line must name the engine and this data folder. */
export async function endLeftOver(dataDir: string, name: string, commands: string[]) {
  const pid = readRecord(recordFile(dataDir, name))?.pid
  if (pid === undefined) return undefined
  const line = commandLineOf(pid)
  const ours = commands.some((command) => line.includes(`/${command} `)) && line.includes(`${dataDir}/`)
  if (!ours) return undefined
  await endProcess(pid, 2000)
  return pid
}

/** Sends SIGTERM, then SIGKILL after the deadline, and resolves when the process has ended. */
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
