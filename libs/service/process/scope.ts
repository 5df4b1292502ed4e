type Closer = { name: string; close: () => unknown }

/** Closes what was opened, in reverse order. One that fails to close does not keep the others open. */
export class Scope {
  private readonly closers: Closer[] = []
  private closing = Promise.resolve()

  /** Opens something and remembers how to close it. */
  async use<T>(name: string, opening: T | Promise<T>, close: (opened: T) => unknown): Promise<T> {
    const opened = await opening
    this.closers.push({ name, close: () => close(opened) })
    return opened
  }

  /**
   * A second call waits for the first, and closes what was opened since.
   * @throws AggregateError naming what failed to close, after everything else was closed
   */
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

/** Opens all or nothing: when `open` fails, what it had opened is closed. */
export async function openAll<T>(
  open: (scope: Scope) => Promise<T>,
): Promise<T & { close: () => Promise<void> }> {
  const scope = new Scope()
  try {
    return { ...(await open(scope)), close: () => scope.close() }
  } catch (error) {
    await scope.close().catch(() => {})
    throw error
  }
}
