/** The times at which an instance stores: they never go back, whatever happens to the machine's wall clock. */
export class StoredClock {
  private readonly origin: number

  /** @param notBefore the first time is later than that, in ms */
  constructor(notBefore: number) {
    this.origin = Math.max(Date.now(), notBefore + 1) - performance.now()
  }

  /** In whole ms. */
  now(): number {
    return Math.floor(this.origin + performance.now())
  }
}
