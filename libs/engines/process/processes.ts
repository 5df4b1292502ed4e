import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process's start time; it and the pid are unique. Undefined where there is no such process, or only a zombie. */
export function birthOf(pid: number): string | undefined {
  try {
    return process.platform === 'linux' ? birthFromProc(pid) : birthFromPs(pid)
  } catch {
    return undefined
  }
}

/** The command line of a process, separated by spaces; empty where there is no such process. */
export function commandLineOf(pid: number): string {
  try {
    if (process.platform !== 'linux') return ps(pid, 'args=')
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function birthFromProc(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the program's name in parentheses, which may contain spaces.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? undefined : fields[18]
}

function birthFromPs(pid: number): string | undefined {
  const [state, ...started] = ps(pid, 'state=,lstart=').split(/\s+/)
  return state === undefined || state === '' || state.startsWith('Z')
    ? undefined
    : started.join('').replace(/\W/g, '')
}

function ps(pid: number, columns: string): string {
  return execFileSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8' }).trim()
}
