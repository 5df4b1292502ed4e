import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program in a process of its own, once it says that it is ready. `place`: what it has to know. */
export async function forkProgram(program: URL, place: object): Promise<ChildProcess> {
  const options = { execArgv: ['--disable-warning=ExperimentalWarning'] }
  const child = fork(fileURLToPath(program), [JSON.stringify(place)], options)
  await once(child, 'message')
  return child
}

/** Ends it without a chance to do anything about it. */
export async function killAtOnce(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
