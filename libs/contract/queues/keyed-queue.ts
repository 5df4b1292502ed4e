/** Runs the tasks of one key one after the other, in the order of the calls; different keys run side by side. */
export class KeyedQueue {
  private readonly tails = new Map<string, Promise<unknown>>()

  /** A task that fails rejects for its caller alone: the next one runs. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve()
    const running = before.then(task, task)
    this.tails.set(key, running)
    const forget = () => {
      if (this.tails.get(key) === running) this.tails.delete(key)
    }
    running.then(forget, forget)
    return running
  }
}
