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
  doubtful(write: OpenWrite, ms: number) {
    const from = Math.min(write.at, this.doubt?.from ?? write.at)
    this.doubt = { from, dueAt: Math.max(performance.now() + ms, this.doubt?.dueAt ?? 0), isDemanded: false }
    this.open.delete(write)
  }

  get dueDoubt(): Doubt | null {
    return this.doubt && performance.now() >= this.doubt.dueAt ? this.doubt : null
  }

  /** Call it after a comparison that was demanded when the doubt was due. A doubt that was added since stays. */
  resolve(doubt: Doubt) {
    if (this.doubt === doubt) this.doubt = null
  }

  /** All that was stored until then is settled. */
  get settledUntil(): number {
    let first = Math.min(this.clock.now(), this.doubt?.from ?? Number.POSITIVE_INFINITY)
    for (const { at } of this.open) first = Math.min(first, at)
    return first - 1
  }

  get isEmpty() {
    return this.open.size === 0 && this.doubt === null
  }
}
