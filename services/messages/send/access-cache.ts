import { setTimeout as delay } from 'node:timers/promises'
import type { Caller, Output, RoomEvents } from '@chat/contract'
import { AnswerCache, type Bus, confirm } from '@chat/service'
import { LRUCache } from 'lru-cache'

export type Access = Output<'roomAccess'>
/** The right to act in a room until the end of the block that declares it with `using`. */
type Pass = Disposable & { readonly access: Access }
/** Likewise in several rooms, in the order in which they were asked for. */
type Passes = Disposable & { readonly accesses: Access[] }

type EndRemoved = (roomId: string, userIds: string[]) => Promise<void>

const MAX_ROOMS = 20_000
const MAX_WAIT_MS = 1_000

/**
 * What members may do in rooms, cached so that a message costs no request to rooms: it is requested when somebody opens
 * the room, and again in the background while they are active. A room's `access` event drops the room's entries. It is
 * confirmed when every pass that was begun before has ended, or after a second: so what a removed member was allowed to do
 * is done before the removal is acked, unless it takes longer.
 */
export class AccessCache {
  private readonly bus: Bus
  private readonly answers = new AnswerCache<Access>()
  /** Part of the keys of a room's answers: a new one makes all earlier answers of the room unreachable. */
  private readonly generations = new LRUCache<string, string>({ max: MAX_ROOMS })
  private readonly passes = new Map<string, Set<Promise<void>>>()
  private endRemoved: EndRemoved = async () => {}

  constructor(bus: Bus) {
    this.bus = bus
    bus.subscribe(bus.subjects.everyRoom('access'), (request) => {
      const { roomId, removed = [] } = request.json<RoomEvents['access']>()
      this.generations.delete(roomId)
      const ended = removed.length > 0 ? this.endRemoved(roomId, removed) : null
      void Promise.allSettled([this.passesEnded(roomId), ended]).then(() => confirm(bus, request))
    })
    // What the user does next in the room does not wait for rooms.
    bus.subscribe(bus.subjects.everyRoom('opened'), (event) => {
      const { roomId, userId } = event.json<RoomEvents['opened']>()
      this.ask({ userId, requestId: crypto.randomUUID() }, roomId).catch(() => {})
    })
    // Events may have been missed.
    bus.onReconnect(() => this.generations.clear())
  }

  /** Called with the members who are removed from a room, before the removal is confirmed. */
  onRemoved(end: EndRemoved) {
    this.endRemoved = end
  }

  /**
   * Declare the pass with `using`, and await within its block all that it allows (`return await`, not `return`).
   * @throws ROOM_NO_EXISTS when the caller is not in the room
   */
  async enter(caller: Caller, roomId: string): Promise<Pass> {
    const passes = await this.enterAll(caller, [roomId])
    return { access: passes.accesses[0] as Access, [Symbol.dispose]: passes[Symbol.dispose] }
  }

  /** @throws ROOM_NO_EXISTS when the caller is not in all of the rooms */
  async enterAll(caller: Caller, roomIds: string[]): Promise<Passes> {
    // Begins before the question: an event that comes while rooms answers waits for this pass.
    const end = this.begin(roomIds)
    try {
      const accesses = await Promise.all(roomIds.map((roomId) => this.ask(caller, roomId)))
      return { accesses, [Symbol.dispose]: end }
    } catch (error) {
      end()
      throw error
    }
  }

  private ask(caller: Caller, roomId: string): Promise<Access> {
    const generation = this.generations.get(roomId) ?? crypto.randomUUID()
    this.generations.set(roomId, generation)
    const { userId } = caller
    return this.answers.of(`${generation} ${userId}`, () =>
      this.bus.ask('roomAccess', caller, { roomId, userId }),
    )
  }

  private begin(roomIds: string[]): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    for (const roomId of roomIds) {
      const passes = this.passes.get(roomId) ?? new Set()
      this.passes.set(roomId, passes.add(promise))
    }
    return () => {
      resolve()
      for (const roomId of roomIds) {
        const passes = this.passes.get(roomId)
        passes?.delete(promise)
        if (passes?.size === 0) this.passes.delete(roomId)
      }
    }
  }

  private async passesEnded(roomId: string) {
    const passes = this.passes.get(roomId)
    if (passes) await Promise.race([Promise.all(passes), delay(MAX_WAIT_MS, undefined, { ref: false })])
  }
}
