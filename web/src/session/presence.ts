import { ChatError, type OfflineChat } from '@chat/client'
import type { Presence as Standing } from '@chat/contract'
import { signal } from '@preact/signals'

/** Those who are drawn together are asked for together. */
const GATHER_MS = 100
/** Changes are told of rooms that are open; of the others one has to ask. */
const ASK_AGAIN_MS = 60_000
/** As many as one request takes. */
const MAX_WATCHED = 100

/** Who of those that are looked at is online. */
export class Presence {
  private readonly known = signal<ReadonlyMap<string, Standing>>(new Map())
  /** Those who were looked at last are at the end. */
  private readonly watched = new Set<string>()
  private readonly chat: OfflineChat
  private readonly timer: ReturnType<typeof setInterval>
  private gathering: ReturnType<typeof setTimeout> | null = null

  constructor(chat: OfflineChat) {
    this.chat = chat
    chat.on('presence', (standing) => this.take([standing]))
    chat.onConnection((state) => {
      if (state === 'connected') void this.ask()
      // Who is there is not known from here.
      else this.known.value = new Map()
    })
    this.timer = setInterval(() => document.visibilityState === 'visible' && void this.ask(), ASK_AGAIN_MS)
  }

  of(userId: string): Standing | undefined {
    return this.known.value.get(userId)
  }

  watch(userIds: readonly string[]) {
    const hasNew = userIds.some((id) => !this.watched.has(id))
    for (const id of userIds) {
      this.watched.delete(id)
      this.watched.add(id)
    }
    for (const id of this.watched) if (this.watched.size > MAX_WATCHED) this.watched.delete(id)
    if (hasNew) this.gathering ??= setTimeout(() => void this.ask(), GATHER_MS)
  }

  close() {
    clearInterval(this.timer)
  }

  private async ask() {
    this.gathering = null
    if (this.watched.size === 0 || this.chat.state !== 'connected') return
    try {
      const { list } = await this.chat.ask('queryPresence', { userIds: [...this.watched] })
      this.take(list)
    } catch (error) {
      // Without an answer nobody is shown as online.
      if (!(error instanceof ChatError)) throw error
    }
  }

  private take(standings: readonly Standing[]) {
    this.known.value = new Map([...this.known.value, ...standings.map((one) => [one.userId, one] as const)])
  }
}
