/** Runs work at intervals, never twice at a time. `failed` gets the errors. */
export class Periodic {
  private readonly timer: NodeJS.Timeout
  private readonly work: () => Promise<void>
  private readonly failed: (error: unknown) => void
  private running: Promise<void> | null = null
  private closed = false

  constructor(everyMs: number, work: () => Promise<void>, failed: (error: unknown) => void) {
    this.work = work
    this.failed = failed
    this.timer = setInterval(() => this.start(), everyMs)
  }

  /** Long work checks this between its steps. */
  get isClosed() {
    return this.closed
  }

  /** Resolves when the current run has ended. */
  async close() {
    this.closed = true
    clearInterval(this.timer)
    await this.running
  }

  private start() {
    this.running ??= this.work()
      .catch(this.failed)
      .finally(() => {
        this.running = null
      })
  }
}
