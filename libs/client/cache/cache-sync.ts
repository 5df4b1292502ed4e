import { KeyedQueue } from '@chat/contract/keyed-queue'
import { persist, sleep } from '../connection/backoff.ts'
import { ChatError, unavailable } from '../connection/chat-error.ts'
import type { ConnectionState } from '../connection/connection.ts'
import type { AskOutput, Requests } from '../connection/requests.ts'
import type { StoreErrorListener } from '../stores/store.ts'
import type { Cache } from './cache.ts'
import { type Ask, isUnfilled, syncRoom } from './room-sync.ts'

/** Within this time most gaps among live messages close by themselves. */
const DELAY_MS = 1_000
/** A user may read 30 times at once and 3 times a second after that; most of both is left to the app. */
const BURST_ROOMS = 10
const PAUSE_MS = 500

type Parts = { requests: Requests; cache: Cache; onStoreError: StoreErrorListener }
type End = { seq: number; change: number }
/** `isNew`: the room may not be cached yet, and is to be. */
type Due = End & { isNew: boolean }
const EVERYTHING: Due = { seq: Infinity, change: Infinity, isNew: false }

/**
 * Keeps the cache up to date. After each connect it syncs every room whose messages are cached, the newest activity
 * first; at other times a room that is found to be behind. A lost connection stops it; the next connect starts anew.
 */
export class CacheSync {
  private readonly parts: Parts
  /** Rooms to sync, in this order, unless they are cached that far by then. */
  private readonly due = new Map<string, Due>()
  private readonly queue = new KeyedQueue()
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(parts: Parts) {
    this.parts = parts
    parts.requests.connection.onState((state) => this.takeState(state))
  }

  /** The room is known to go this far: syncs it soon, if its messages are cached. */
  request(roomId: string, end: End) {
    this.add(roomId, { ...end, isNew: false })
  }

  startCaching(roomId: string) {
    // The page that the sync itself reads is no reason to sync again.
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

  private takeState(state: ConnectionState) {
    clearTimeout(this.timer)
    this.timer = undefined
    if (state === 'connected') this.start((ask) => this.listRooms(ask))
  }

  private schedule() {
    if (this.timer !== undefined || this.parts.requests.connection.state !== 'connected') return
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.start(async () => {})
    }, DELAY_MS)
  }

  private start(prepare: (ask: Ask) => Promise<void>) {
    const { requests } = this.parts
    const { connection } = requests
    const { epoch } = connection
    const isCurrent = () => epoch === connection.epoch
    const ask: Ask = async (event, input) => {
      if (!isCurrent()) throw unavailable('The connection was lost')
      return persist(() => requests.ask(event, input), connection.signal, isCurrent)
    }
    const run = async () => {
      await prepare(ask)
      await this.syncDue(ask, isCurrent)
    }
    // Whatever the server refused, the next connect tries again.
    this.queue.run('', run).catch((error) => error instanceof ChatError || this.parts.onStoreError(error))
  }

  private async listRooms(ask: Ask) {
    const askedAt = this.parts.cache.tick()
    // A room whose messages are cached from here on is up to date by itself.
    const cached = await this.parts.cache.roomsWithMessages()
    const listed = new Set<string>()
    let cursor: string | null = null
    do {
      const page: AskOutput<'listenRooms'> = await ask('listenRooms', cursor === null ? {} : { cursor })
      for (const room of page.list) listed.add(room._id)
      cursor = page.nextCursor
    } while (cursor !== null && listed.size < this.parts.cache.maxRooms)
    const missing = await this.parts.cache.missingFrom(listed, askedAt)
    await this.plan(cached, missing, cursor === null)
  }

  /**
   * Drops rooms that are not listed, and puts the others in order. A room may move past a cursor while pages are read:
   * one whose messages are cached is synced, and dropped only if the server refuses it.
   */
  private async plan(cached: ReadonlySet<string>, missing: string[], isComplete: boolean) {
    const isDoubtful = (roomId: string) => isComplete && cached.has(roomId)
    for (const roomId of missing) {
      if (!isDoubtful(roomId)) await this.parts.cache.drop(roomId, this.parts.cache.tick())
    }
    const doubtful = missing.filter(isDoubtful)
    const active = (await this.parts.cache.list())
      .map((room) => room._id)
      .filter((roomId) => cached.has(roomId))
    const others = [...this.due]
    this.due.clear()
    for (const roomId of [...doubtful, ...active]) this.due.set(roomId, EVERYTHING)
    for (const [roomId, due] of others) if (!this.due.has(roomId)) this.due.set(roomId, due)
  }

  private async syncDue(ask: Ask, isCurrent: () => boolean) {
    let synced = 0
    for (const [roomId, due] of this.due) {
      if (await this.isBehind(roomId, due)) {
        if (synced >= BURST_ROOMS) await sleep(PAUSE_MS, this.parts.requests.connection.signal)
        await this.sync(ask, roomId)
        synced += 1
      }
      if (!isCurrent()) return
      const isUnchanged = this.due.get(roomId) === due
      if (isUnchanged) this.due.delete(roomId)
    }
  }

  private async isBehind(roomId: string, due: Due): Promise<boolean> {
    const mark = await this.parts.cache.mark(roomId)
    if (!mark) return due.isNew
    return mark.seq < due.seq || mark.change < due.change || isUnfilled(this.parts.cache, roomId)
  }

  private async sync(ask: Ask, roomId: string) {
    try {
      await syncRoom(ask, this.parts.cache, roomId)
    } catch (error) {
      const isGone = error instanceof ChatError && error.code === 'ROOM_NO_EXISTS'
      if (isGone) await this.parts.cache.drop(roomId, this.parts.cache.tick())
      // Another refusal concerns this room only: the next ones are synced.
      else if (!(error instanceof ChatError)) this.parts.onStoreError(error)
    }
  }
}
