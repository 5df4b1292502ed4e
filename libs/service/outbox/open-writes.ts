import type { StoredClock } from './stored-clock.ts'

/** A write of events, from its stored time until all of them are settled. */
export type OpenWrite = { at: number }

/**
 * Writes from `from` on whose outcome is not known here. From `dueAt` on, by the monotonic clock, a comparison of store
 * and stream tells what has become of them.
 */
export type Doubt = { from: number; dueAt: number; isDemanded: boolean }

/** The writes of this instance that are not settled, and so how far it has settled what it stored. */
export class OpenWrites {
  private readonly clock: StoredClock
  private readonly open = new Set<OpenWrite>()
  private doubt: Doubt | null = null
  /** What has come since the doubt is waited for. */
  private nextDoubt: Doubt | null = null

  constructor(clock: StoredClock) {
    this.clock = clock
  }

  begin(): OpenWrite {
    const write = { at: this.clock.now() }
    this.open.add(write)
    return write
  }

  end(write: OpenWrite) {
    this.open.delete(write)
  }

  /** Gives up following a write, whose outcome a comparison can tell in `ms`. */
  markDoubtful(write: OpenWrite, ms: number) {
    this.open.delete(write)
    const dueAt = performance.now() + ms
    if (this.doubt === null) this.doubt = { from: write.at, dueAt, isDemanded: false }
    else
      this.nextDoubt = {
        from: Math.min(write.at, this.nextDoubt?.from ?? write.at),
        dueAt,
        isDemanded: false,
      }
  }

  get dueDoubt(): Doubt | null {
    return this.doubt && performance.now() >= this.doubt.dueAt ? this.doubt : null
  }

  /** Call it after a comparison that was demanded when the doubt was due. */
  resolve(doubt: Doubt) {
    if (this.doubt !== doubt) return
    this.doubt = this.nextDoubt
    this.nextDoubt = null
  }

  /** All that was stored until then is settled. */
  get settledUntil(): number {
    let first = this.clock.now()
    for (const doubt of [this.doubt, this.nextDoubt]) if (doubt) first = Math.min(first, doubt.from)
    for (const { at } of this.open) first = Math.min(first, at)
    return first - 1
  }

  get areOpen() {
    return this.open.size > 0
  }

  /** Whether everything is settled: nothing is open or in doubt. */
  get areSettled() {
    return !this.areOpen && this.doubt === null
  }
}
