/** One thing at a time for each key, in the order in which they were asked for. */
export class KeyedQueue {
  private readonly tails = new Map<string, Promise<unknown>>()

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve()
    const running = before.then(work, work)
    this.tails.set(key, running)
    const ended = () => {
      if (this.tails.get(key) === running) this.tails.delete(key)
    }
    running.then(ended, ended)
    return running
  }
}
