import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * Forks a program and waits until it sends a message, which says that it is ready; `told` is that message.
 * @param place what the program has to know
 */
export async function forkProgram<T>(program: URL, place: object): Promise<{ child: ChildProcess; told: T }> {
  const options = { execArgv: ['--disable-warning=ExperimentalWarning'] }
  const child = fork(fileURLToPath(program), [JSON.stringify(place)], options)
  const ended = new AbortController()
  child.once('exit', () => ended.abort(new Error(`${program.pathname} ended before it was ready`)))
  const [told] = (await once(child, 'message', { signal: ended.signal })) as [T]
  return { child, told }
}

/** Kills it with SIGKILL. */
export async function killAtOnce(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
