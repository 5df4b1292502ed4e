import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Preview } from './previews.ts'

const PROGRAM = fileURLToPath(new URL('./thumbnail-process.ts', import.meta.url))

/**
 * Looks at pictures in a process of its own: a picture made to harm takes down no more than that one, which is started
 * again for the next, knows no secrets, and is ended where it takes too long.
 */
export class Thumbnails {
  private child: ChildProcess | null = null

  /** @throws where the file is no picture that can be shown, or the signal comes first */
  async look(file: string, signal: AbortSignal): Promise<Preview> {
    const child = this.running()
    const ended = new AbortController()
    const until = AbortSignal.any([signal, ended.signal])
    const died = () => ended.abort(new Error('the picture ended its process'))
    child.once('exit', died)
    try {
      const answered = once(child, 'message', { signal: until })
      child.send(file)
      const [answer] = (await answered) as [{ preview?: Preview; problem?: string }]
      if (answer.preview) return answer.preview
      throw new Error(answer.problem)
    } catch (error) {
      // Whatever it is still at is nobody's any more.
      if (until.aborted) this.close()
      throw error
    } finally {
      child.off('exit', died)
    }
  }

  close() {
    this.child?.kill('SIGKILL')
    this.child = null
  }

  private running(): ChildProcess {
    if (this.child?.connected) return this.child
    this.child = fork(PROGRAM, [], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { PATH: process.env.PATH },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    // Whoever waits for an answer learns of it; where nobody does, it is of no matter.
    this.child.on('error', () => {})
    return this.child
  }
}
