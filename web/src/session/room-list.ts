import type { OfflineChat } from '@chat/client'
import type { Room } from '@chat/contract'
import { computed, type ReadonlySignal, signal } from '@preact/signals'

/** The user's rooms, newest activity first. They come from the cache, so they are there without a connection. */
export class RoomList {
  readonly all: ReadonlySignal<readonly Room[]>
  readonly unread: ReadonlySignal<number>
  /** Whether the list has been read, and, if it is empty, the server has answered. */
  readonly isLoaded: ReadonlySignal<boolean>
  private readonly byId: ReadonlySignal<ReadonlyMap<string, Room>>

  constructor(chat: OfflineChat) {
    const rooms = signal<readonly Room[]>([])
    const isLoaded = signal(false)
    let isReading = false
    let hasChanged = false
    const read = async () => {
      hasChanged = true
      if (isReading) return
      isReading = true
      while (hasChanged) {
        hasChanged = false
        rooms.value = await chat.cache.rooms()
        await nextFrame()
      }
      isReading = false
    }
    chat.cache.onChange(({ of }) => of === 'room' && void read())
    // An empty cache says nothing before the server has answered once.
    const listed = chat.ready.then(() => chat.ask('listenRooms', { limit: 1 })).catch(() => {})
    const load = async () => {
      await read()
      if (rooms.value.length === 0) await listed
      rooms.value = await chat.cache.rooms()
      isLoaded.value = true
    }
    void load()
    this.all = rooms
    this.isLoaded = isLoaded
    this.byId = computed(() => new Map(rooms.value.map((room) => [room._id, room])))
    this.unread = computed(() =>
      rooms.value.reduce((sum, room) => sum + (room.alarmOn ? room.unReadMsgCount : 0), 0),
    )
  }

  get(roomId: string): Room | undefined {
    return this.byId.value.get(roomId)
  }
}

/** Rooms that change together are drawn together. A hidden page gets no animation frames. */
const nextFrame = () =>
  document.hidden
    ? new Promise((resolve) => setTimeout(resolve, 200))
    : new Promise((resolve) => requestAnimationFrame(resolve))
