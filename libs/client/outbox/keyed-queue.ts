/** Runs tasks of the same key one after the other, and of different keys side by side. */
export class KeyedQueue {
  private readonly tails = new Map<string, Promise<void>>()

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.tails.get(key) ?? Promise.resolve()).then(task)
    const drop = () => this.dropIfLast(key, tail)
    const tail: Promise<void> = turn.then(drop, drop)
    this.tails.set(key, tail)
    return turn
  }

  private dropIfLast(key: string, tail: Promise<void>) {
    if (this.tails.get(key) === tail) this.tails.delete(key)
  }
}
