import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Unknown values are absent. */
export type Preview = {
  thumbnail?: Buffer
  /** In pixels, after rotation. */
  frameSize?: { width: number; height: number }
  /** In seconds. */
  duration?: number
}

const PROGRAM = fileURLToPath(new URL('./image-process.ts', import.meta.url))

/** Reads images in a child process: a malicious image can crash only that one, which holds no secrets. */
export class ImagePreviewer {
  private child: ChildProcess | null = null

  /** One at a time. @throws where the image cannot be decoded, or `signal` aborts */
  async preview(file: string, signal: AbortSignal): Promise<Preview> {
    const child = this.running()
    const exited = new AbortController()
    const aborted = AbortSignal.any([signal, exited.signal])
    const onExit = () => exited.abort(new Error('the image process has exited'))
    child.once('exit', onExit)
    try {
      const answered = once(child, 'message', { signal: aborted })
      child.send(file)
      const [answer] = (await answered) as [{ preview?: Preview; problem?: string }]
      if (answer.preview) return answer.preview
      throw new Error(answer.problem)
    } catch (error) {
      if (aborted.aborted) this.close()
      throw error
    } finally {
      child.off('exit', onExit)
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
    // `preview` learns of it; an error of an idle process needs no handling.
    this.child.on('error', () => {})
    return this.child
  }
}
