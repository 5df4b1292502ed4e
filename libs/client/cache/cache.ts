import type { Message, Room } from '@chat/contract'
import { KeyedQueue } from '@chat/contract/keyed-queue'
import { guarded } from '../connection/guarded.ts'
import { type ClientStore, roomKey } from '../stores/store.ts'
import { HeldMessages, type Mark } from './held-messages.ts'

/** A room came, changed or went, or some of its messages did: what is shown has to be read again. */
export type CacheChange = { roomId: string; of: 'room' | 'messages' }
export type CacheLimits = {
  /** Rooms that are kept: those with the newest activity. Default 500. */
  maxCachedRooms?: number
  /** Messages that are kept of each room: the newest. Default 200. */
  maxCachedMessages?: number
}

/** Rooms and messages as the server last showed them. One thing at a time: what comes first is taken in first. */
export class Cache {
  readonly maxRooms: number
  readonly maxMessages: number
  private readonly store: ClientStore
  private readonly rooms = new Map<string, Room>()
  private readonly held: HeldMessages
  /** When each room was heard of last, also of one that is gone. */
  private readonly heardAt = new Map<string, number>()
  private readonly queue = new KeyedQueue()
  private moment = 0
  private readonly listeners = new Set<(change: CacheChange) => void>()

  constructor(store: ClientStore, { maxCachedRooms = 500, maxCachedMessages = 200 }: CacheLimits) {
    this.store = store
    this.maxRooms = maxCachedRooms
    this.maxMessages = maxCachedMessages
    this.held = new HeldMessages(store, maxCachedMessages)
  }

  /** A moment after all that were given before: tells what was asked for or learned first. */
  tick(): number {
    this.moment += 1
    return this.moment
  }

  /** Once, before anything else. */
  load() {
    return this.next(async () => {
      for (const room of (await this.store.read('rooms', '')) as Room[]) this.rooms.set(room._id, room)
      await this.held.load()
    })
  }

  onChange(listener: (change: CacheChange) => void): () => void {
    const own = guarded(listener)
    this.listeners.add(own)
    return () => this.listeners.delete(own)
  }

  /** Newest activity first. */
  list(): Promise<Room[]> {
    return this.next(async () => this.byActivity())
  }

  /** The newest that are held, oldest first, without a gap. */
  messages(roomId: string): Promise<Message[]> {
    return this.next(() => this.held.read(roomId))
  }

  mark(roomId: string): Promise<Mark | undefined> {
    return this.next(async () => this.held.marks.get(roomId))
  }

  /** The rooms whose messages are held. */
  heldRooms(): Promise<Set<string>> {
    return this.next(async () => new Set(this.held.marks.keys()))
  }

  room(roomId: string): Promise<Room | undefined> {
    return this.next(async () => this.rooms.get(roomId))
  }

  /** What is kept, but neither in a list asked for at `askedAt` nor heard of since. */
  missingFrom(listed: ReadonlySet<string>, askedAt: number): Promise<string[]> {
    const isMissing = (roomId: string) => !listed.has(roomId) && this.isCurrent(roomId, askedAt)
    return this.next(async () =>
      [...new Set([...this.rooms.keys(), ...this.held.marks.keys()])].filter(isMissing),
    )
  }

  /**
   * Rooms as they were at `at`; what was heard later counts. Where there are too many, those that were quiet the
   * longest go.
   */
  putRooms(rooms: Room[], at: number) {
    return this.next(async () => {
      const current = rooms.filter((room) => this.isCurrent(room._id, at))
      for (const room of current) this.rooms.set(room._id, room)
      for (const room of current) this.heardAt.set(room._id, at)
      const excess = this.byActivity().slice(this.maxRooms)
      const kept = current.filter((room) => !excess.includes(room))
      await this.store.write(kept.map((value) => ({ kind: 'rooms', key: roomKey(value._id), value })))
      for (const room of excess) await this.remove(room._id)
      for (const room of kept) this.tell(room._id, 'room')
    })
  }

  /** The room and everything in it. */
  drop(roomId: string, at: number) {
    return this.next(async () => {
      this.heardAt.set(roomId, at)
      await this.remove(roomId)
    })
  }

  /** From here on the room is held, unless it is already. `at`: when the mark was learned. */
  begin(mark: Mark, at: number): Promise<Mark> {
    return this.next(async () => {
      const known = this.held.marks.get(mark.roomId)
      if (!known) await this.held.begin(mark, [], at)
      return known ?? mark
    })
  }

  /** Whatever was held of the room, it is this now. */
  replace(mark: Mark, messages: Message[], at: number) {
    return this.next(async () => {
      await this.held.begin(mark, messages, at)
      this.tell(mark.roomId, 'messages')
    })
  }

  /** A page of a room that is held, asked for at `askedAt`. @returns whether any of it is held now */
  take(roomId: string, page: Message[], askedAt: number): Promise<boolean> {
    return this.next(async () => {
      const isTaken = await this.held.take(roomId, page, askedAt)
      if (isTaken) this.tell(roomId, 'messages')
      return isTaken
    })
  }

  /** One message as it happens. @returns how far its room is held now, if it is */
  hear(roomId: string, message: Message): Promise<Mark | undefined> {
    return this.next(async () => {
      if (await this.held.hear(roomId, message)) this.tell(roomId, 'messages')
      return this.held.marks.get(roomId)
    })
  }

  /** Later states of messages. */
  revise(roomId: string, messages: Message[]) {
    return this.next(async () => {
      if (await this.held.revise(roomId, messages)) this.tell(roomId, 'messages')
    })
  }

  advance(roomId: string, changes: { from: number; to: number }, at: number) {
    return this.next(() => this.held.advance(roomId, changes, at))
  }

  private next<T>(task: () => Promise<T>): Promise<T> {
    return this.queue.run('', task)
  }

  /** Whether what was asked for then is the latest of the room. */
  private isCurrent(roomId: string, askedAt: number): boolean {
    return (this.heardAt.get(roomId) ?? 0) <= askedAt
  }

  private tell(roomId: string, of: CacheChange['of']) {
    for (const listener of [...this.listeners]) listener({ roomId, of })
  }

  private byActivity(): Room[] {
    const activeAt = (room: Room) => room.lastMessage?.createdAt ?? room.createdAt
    return [...this.rooms.values()].sort((a, b) => activeAt(b).localeCompare(activeAt(a)))
  }

  private async remove(roomId: string) {
    this.rooms.delete(roomId)
    await this.held.remove(roomId)
    await this.store.write([{ kind: 'rooms', key: roomKey(roomId), value: null }])
    this.tell(roomId, 'room')
  }
}
