import { KeyedQueue } from '@chat/contract/keyed-queue'
import { persist, sleep } from '../connection/backoff.ts'
import { ChatError, unavailable } from '../connection/chat-error.ts'
import type { Connection, ConnectionState } from '../connection/connection.ts'
import type { AskOutput } from '../connection/events.ts'
import type { Requests } from '../connection/requests.ts'
import type { StoreErrorListener } from '../stores/store.ts'
import type { Cache } from './cache.ts'
import { type Ask, isUnfilled, syncRoom } from './room-sync.ts'

/** Within this time most of what is heard in pieces has become whole by itself. */
const LAZY_MS = 1_000
/** A user may read 30 times at once, and 3 times a second after that: the most of both is left to the app. */
const QUICK_ROOMS = 10
const PAUSE_MS = 500

/** How far a room goes, as far as it is known. */
type Known = { seq: number; change: number }
/** `isNew`: it may not be held yet, and is to be. */
type Due = Known & { isNew: boolean }
const EVERYTHING: Due = { seq: Infinity, change: Infinity, isNew: false }

/**
 * Keeps the cache up to date: after each connect every room that is held, the newest activity first, and at other
 * times a room that turns out to be behind. A lost connection ends it, and the next one begins anew.
 */
export class CacheSync {
  private readonly connection: Connection
  private readonly requests: Requests
  private readonly cache: Cache
  private readonly onStoreError: StoreErrorListener
  /** Rooms to look after, in this order, unless they are held that far by then. */
  private readonly due = new Map<string, Due>()
  private readonly queue = new KeyedQueue()
  private turn = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(connection: Connection, requests: Requests, cache: Cache, onStoreError: StoreErrorListener) {
    this.connection = connection
    this.requests = requests
    this.cache = cache
    this.onStoreError = onStoreError
    connection.onState((state) => this.follow(state))
  }

  /** A room turned out to go this far; where it is not held, that is nothing to look after. */
  want(roomId: string, known: Known) {
    this.add(roomId, { ...known, isNew: false })
  }

  /** A room that was looked at is to be held. */
  adopt(roomId: string) {
    // The page that is fetched on that account is not a new reason for it.
    if (!this.due.get(roomId)?.isNew) this.add(roomId, { seq: 0, change: 0, isNew: true })
  }

  private add(roomId: string, more: Due) {
    const { seq, change, isNew } = this.due.get(roomId) ?? more
    this.due.set(roomId, {
      seq: Math.max(seq, more.seq),
      change: Math.max(change, more.change),
      isNew: isNew || more.isNew,
    })
    this.schedule()
  }

  private follow(state: ConnectionState) {
    this.turn += 1
    clearTimeout(this.timer)
    this.timer = undefined
    if (state === 'connected') this.start((ask) => this.list(ask))
  }

  private schedule() {
    if (this.timer !== undefined || this.connection.state !== 'connected') return
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.start(async () => {})
    }, LAZY_MS)
  }

  private start(prepare: (ask: Ask) => Promise<void>) {
    const turn = this.turn
    const isCurrent = () => turn === this.turn
    const ask: Ask = async (event, input) => {
      if (!isCurrent()) throw unavailable('The connection was lost')
      return persist(() => this.requests.ask(event, input), this.connection.signal, isCurrent)
    }
    const run = async () => {
      await prepare(ask)
      await this.work(ask, isCurrent)
    }
    // Whatever the server or the connection did, the next connect tries again.
    this.queue.run('', run).catch((error) => error instanceof ChatError || this.onStoreError(error))
  }

  private async list(ask: Ask) {
    const askedAt = this.cache.tick()
    // A room that begins to be held from here on is up to date by itself.
    const held = await this.cache.heldRooms()
    const listed = new Set<string>()
    let cursor: string | null = null
    do {
      const page: AskOutput<'listenRooms'> = await ask('listenRooms', cursor === null ? {} : { cursor })
      for (const room of page.list) listed.add(room._id)
      cursor = page.nextCursor
    } while (cursor !== null && listed.size < this.cache.maxRooms)
    const missing = await this.cache.missingFrom(listed, askedAt)
    await this.plan(held, missing, cursor === null)
  }

  /** A room may move past a cursor while pages are read, so one whose messages are held is asked for. */
  private async plan(held: ReadonlySet<string>, missing: string[], isComplete: boolean) {
    const isDoubtful = (roomId: string) => isComplete && held.has(roomId)
    const doubtful = missing.filter(isDoubtful)
    for (const roomId of missing) {
      if (!isDoubtful(roomId)) await this.cache.drop(roomId, this.cache.tick())
    }
    const active = (await this.cache.list()).map((room) => room._id).filter((roomId) => held.has(roomId))
    const others = [...this.due]
    this.due.clear()
    for (const roomId of [...doubtful, ...active]) this.due.set(roomId, EVERYTHING)
    for (const [roomId, due] of others) if (!this.due.has(roomId)) this.due.set(roomId, due)
  }

  private async work(ask: Ask, isCurrent: () => boolean) {
    let synced = 0
    for (const [roomId, due] of this.due) {
      if (await this.isBehind(roomId, due)) {
        if (synced >= QUICK_ROOMS) await sleep(PAUSE_MS, this.connection.signal)
        await this.sync(ask, roomId)
        synced += 1
      }
      if (!isCurrent()) return
      const isStillThat = this.due.get(roomId) === due
      if (isStillThat) this.due.delete(roomId)
    }
  }

  private async isBehind(roomId: string, due: Due): Promise<boolean> {
    const mark = await this.cache.mark(roomId)
    if (!mark) return due.isNew
    return mark.seq < due.seq || mark.change < due.change || isUnfilled(this.cache, roomId)
  }

  private async sync(ask: Ask, roomId: string) {
    try {
      await syncRoom(ask, this.cache, roomId)
    } catch (error) {
      const isGone = error instanceof ChatError && error.code === 'ROOM_NO_EXISTS'
      if (isGone) await this.cache.drop(roomId, this.cache.tick())
      // Another room may fare better.
      else if (!(error instanceof ChatError)) this.onStoreError(error)
    }
  }
}
