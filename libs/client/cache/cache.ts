import type { Message, Room } from '@chat/contract'
import { KeyedQueue } from '@chat/contract/keyed-queue'
import { Listeners } from '../connection/listeners.ts'
import { type ClientStore, roomKey } from '../stores/store.ts'
import { CachedMessages, type Mark } from './cached-messages.ts'

/** A room was added, changed or removed, or some of its messages were: read again what is shown of it. */
export type CacheChange = { roomId: string; of: 'room' | 'messages' }
export type CacheLimits = {
  /** Rooms to keep: those with the newest activity. Default 500. */
  maxCachedRooms?: number
  /** Messages to keep of each room: the newest. Default 200. */
  maxCachedMessages?: number
}

/** Rooms and messages as the server sent them last. Calls take effect one after the other, in their order. */
export class Cache {
  readonly maxRooms: number
  readonly maxMessages: number
  private readonly store: ClientStore
  private readonly rooms = new Map<string, Room>()
  private readonly cached: CachedMessages
  /** When each room was last heard of, also one that was removed. */
  private readonly heardAt = new Map<string, number>()
  private readonly queue = new KeyedQueue()
  private readonly listeners = new Listeners<[CacheChange]>()
  private clock = 0

  constructor(store: ClientStore, { maxCachedRooms = 500, maxCachedMessages = 200 }: CacheLimits) {
    this.store = store
    this.maxRooms = maxCachedRooms
    this.maxMessages = maxCachedMessages
    this.cached = new CachedMessages(store, maxCachedMessages)
  }

  /** A logical time after all earlier ones: it tells which of two answers was requested first. */
  tick(): number {
    return ++this.clock
  }

  load() {
    return this.next(async () => {
      for (const room of (await this.store.read('rooms', '')) as Room[]) this.rooms.set(room._id, room)
      await this.cached.load()
    })
  }

  onChange(listener: (change: CacheChange) => void): () => void {
    return this.listeners.add(listener)
  }

  /** Newest activity first. */
  list(): Promise<Room[]> {
    return this.next(async () => this.byActivity())
  }

  /** The newest cached messages: oldest first, without a gap. */
  messages(roomId: string): Promise<Message[]> {
    return this.next(() => this.cached.read(roomId))
  }

  mark(roomId: string): Promise<Mark | undefined> {
    return this.next(async () => this.cached.marks.get(roomId))
  }

  roomsWithMessages(): Promise<Set<string>> {
    return this.next(async () => new Set(this.cached.marks.keys()))
  }

  room(roomId: string): Promise<Room | undefined> {
    return this.next(async () => this.rooms.get(roomId))
  }

  /** Cached rooms that are not in a list requested at `askedAt`, and were not heard of since. */
  missingFrom(listed: ReadonlySet<string>, askedAt: number): Promise<string[]> {
    const isMissing = (roomId: string) => !listed.has(roomId) && this.isCurrent(roomId, askedAt)
    return this.next(async () =>
      [...new Set([...this.rooms.keys(), ...this.cached.marks.keys()])].filter(isMissing),
    )
  }

  /** Puts rooms as they were at `at`, unless heard of since. Beyond the maximum the least active rooms go. */
  putRooms(rooms: Room[], at: number) {
    return this.next(async () => {
      const current = rooms.filter((room) => this.isCurrent(room._id, at))
      for (const room of current) this.rooms.set(room._id, room)
      for (const room of current) this.heardAt.set(room._id, at)
      const excess = this.byActivity().slice(this.maxRooms)
      const kept = current.filter((room) => !excess.includes(room))
      await this.store.write(kept.map((value) => ({ kind: 'rooms', key: roomKey(value._id), value })))
      for (const room of excess) await this.remove(room._id)
      for (const room of kept) this.listeners.call({ roomId: room._id, of: 'room' })
    })
  }

  drop(roomId: string, at: number) {
    return this.next(async () => {
      this.heardAt.set(roomId, at)
      await this.remove(roomId)
    })
  }

  /**
   * Drops the messages of a room that are cached from another epoch than the server's, which a restored backup makes.
   * @returns whether there were any
   */
  keepEpoch(roomId: string, epoch: string): Promise<boolean> {
    return this.update(roomId, () => this.cached.keepEpoch(roomId, epoch))
  }

  /** Starts caching a room's messages, unless they are cached already. `at`: when the mark was learned. */
  begin(mark: Mark, at: number): Promise<Mark> {
    return this.next(async () => {
      const known = this.cached.marks.get(mark.roomId)
      if (!known) await this.cached.replace(mark, [], at)
      return known ?? mark
    })
  }

  replace(mark: Mark, messages: Message[], at: number) {
    return this.update(mark.roomId, () => this.cached.replace(mark, messages, at))
  }

  /** Adds a page that was requested at `askedAt`. @returns whether any of it is cached now */
  addPage(roomId: string, page: Message[], askedAt: number): Promise<boolean> {
    return this.update(roomId, () => this.cached.addPage(roomId, page, askedAt))
  }

  /** Adds a live message. @returns how far its room is cached now, if at all */
  async add(roomId: string, message: Message): Promise<Mark | undefined> {
    const added = this.update(roomId, () => this.cached.add(roomId, message))
    const mark = this.mark(roomId)
    await added
    return mark
  }

  revise(roomId: string, messages: Message[]) {
    return this.update(roomId, () => this.cached.revise(roomId, messages))
  }

  /** Notes that every change after `from` and up to `to` was applied. */
  advance(roomId: string, changes: { from: number; to: number }, at: number) {
    return this.next(() => this.cached.advance(roomId, changes, at))
  }

  private next<T>(task: () => Promise<T>): Promise<T> {
    return this.queue.run('', task)
  }

  /** Tells listeners where `task` changed the room's messages. */
  private update(roomId: string, task: () => Promise<boolean>): Promise<boolean> {
    return this.next(async () => {
      const isChanged = await task()
      if (isChanged) this.listeners.call({ roomId, of: 'messages' })
      return isChanged
    })
  }

  private isCurrent(roomId: string, askedAt: number): boolean {
    return (this.heardAt.get(roomId) ?? 0) <= askedAt
  }

  private byActivity(): Room[] {
    const activeAt = (room: Room) => room.lastMessage?.createdAt ?? room.createdAt
    return [...this.rooms.values()].sort((a, b) => activeAt(b).localeCompare(activeAt(a)))
  }

  private async remove(roomId: string) {
    this.rooms.delete(roomId)
    await this.cached.remove(roomId)
    await this.store.write([{ kind: 'rooms', key: roomKey(roomId), value: null }])
    this.listeners.call({ roomId, of: 'room' })
  }
}
