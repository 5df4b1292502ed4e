/** Does something every so often, never twice at a time. What fails is told, and done again the next time. */
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

  /** What takes long looks at it in between. */
  get isClosed() {
    return this.closed
  }

  /** Resolves when what is being done is done. */
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
