import { signal } from '@preact/signals'

export type Standing = { userId: string; online: boolean; lastSeenAt: string | null }

/** Who of those that are looked at is online. */
export class Presence {
  private readonly known = signal<ReadonlyMap<string, Standing>>(new Map())

  of(userId: string): Standing | undefined {
    return this.known.value.get(userId)
  }

  watch(_userIds: readonly string[]) {}
}
