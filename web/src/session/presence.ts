import { ChatError, type OfflineChat } from '@chat/client'
import type { Presence as UserPresence } from '@chat/contract'
import { signal } from '@preact/signals'

/** Users that are drawn together share one request. */
const BATCH_MS = 100
/** The gateway sends changes for open rooms only; the rest is asked for again. */
const REFRESH_MS = 60_000
/** The limit of one request. */
const MAX_WATCHED = 100

/** Presence of the users on the screen. */
export class Presence {
  private readonly byUserId = signal<ReadonlyMap<string, UserPresence>>(new Map())
  /** Least recently drawn first. */
  private readonly watched = new Set<string>()
  private readonly chat: OfflineChat
  private readonly timer: ReturnType<typeof setInterval>
  private askTimer: ReturnType<typeof setTimeout> | null = null

  constructor(chat: OfflineChat) {
    this.chat = chat
    chat.on('presence', (presence) => this.store([presence]))
    chat.onConnection((state) => {
      if (state === 'connected') void this.ask()
      // Without a connection nobody's presence is known.
      else this.byUserId.value = new Map()
    })
    this.timer = setInterval(() => document.visibilityState === 'visible' && void this.ask(), REFRESH_MS)
  }

  of(userId: string): UserPresence | undefined {
    return this.byUserId.value.get(userId)
  }

  watch(userIds: readonly string[]) {
    const hasNew = userIds.some((id) => !this.watched.has(id))
    for (const id of userIds) {
      this.watched.delete(id)
      this.watched.add(id)
    }
    for (const id of this.watched) if (this.watched.size > MAX_WATCHED) this.watched.delete(id)
    if (hasNew) this.askTimer ??= setTimeout(() => void this.ask(), BATCH_MS)
  }

  close() {
    clearInterval(this.timer)
  }

  private async ask() {
    this.askTimer = null
    if (this.watched.size === 0 || this.chat.state !== 'connected') return
    try {
      const { list } = await this.chat.ask('queryPresence', { userIds: [...this.watched] })
      this.store(list)
    } catch (error) {
      // The next interval asks again.
      if (!(error instanceof ChatError)) throw error
    }
  }

  private store(presences: readonly UserPresence[]) {
    this.byUserId.value = new Map([
      ...this.byUserId.value,
      ...presences.map((one) => [one.userId, one] as const),
    ])
  }
}
