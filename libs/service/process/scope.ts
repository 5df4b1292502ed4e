type Closable = { close: () => unknown }

/** Closes what was opened, in reverse order. One that fails to close does not keep the others open. */
export class Scope {
  private readonly closers: (Closable & { name: string })[] = []
  private closing = Promise.resolve()

  /** Opens something and remembers how to close it: by its `close`, unless another way is given. */
  async use<T extends Closable>(name: string, opening: T | Promise<T>): Promise<T>
  async use<T>(name: string, opening: T | Promise<T>, close: (opened: T) => unknown): Promise<T>
  async use<T>(name: string, opening: T | Promise<T>, close = closeOf): Promise<T> {
    const opened = await opening
    this.closers.push({ name, close: () => close(opened) })
    return opened
  }

  /** A second call waits, and closes what was opened since. @throws AggregateError naming what did not close */
  close(): Promise<void> {
    const closed = this.closing.then(() => this.closeAll())
    this.closing = closed.catch(() => {})
    return closed
  }

  private async closeAll(): Promise<void> {
    const problems: Error[] = []
    for (let closer = this.closers.pop(); closer; closer = this.closers.pop()) {
      try {
        await closer.close()
      } catch (cause) {
        problems.push(new Error(`${closer.name} did not close`, { cause }))
      }
    }
    if (problems.length > 0) throw new AggregateError(problems, problems.map((p) => p.message).join('; '))
  }
}

const closeOf = (opened: unknown) => (opened as Closable).close()

/** Opens all or nothing: when `open` fails, what it had opened is closed. */
export async function openAll<T>(open: (scope: Scope) => Promise<T>) {
  const scope = new Scope()
  try {
    return { ...(await open(scope)), close: () => scope.close() }
  } catch (error) {
    await scope.close().catch(() => {})
    throw error
  }
}
