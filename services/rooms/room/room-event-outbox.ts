import type { RoomFact, RoomHappening, RoomOutline } from '@chat/contract'
import { type EventLog, KeyedQueue, type Logger, Periodic } from '@chat/service'
import type { ClientSession } from 'mongoose'
import { factId, factsOf, type RoomDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'

const SWEEP_MS = 5_000
const PAGE = 200
const everyOne = { createdAt: { $gt: new Date(0) } }

type Parts = { store: RoomStore; log: EventLog; logger: Logger }

/**
 * What has happened to rooms and their people, for those outside. It is stored in the transaction in which it happens,
 * published after it in the order in which it happened, and forgotten; what a death leaves is published by a sweep.
 * One that is published twice is in the stream once, or passed over by its id.
 */
export class RoomEventOutbox {
  private readonly parts: Parts
  private readonly lanes = new KeyedQueue()
  private readonly sweeping: Periodic
  private readonly running = new Set<Promise<void>>()

  constructor(parts: Parts) {
    this.parts = parts
    this.sweeping = new Periodic(
      SWEEP_MS,
      () => this.publishAll(),
      (err) => parts.logger.warn({ err }, 'facts of rooms not published, will try again'),
    )
  }

  async close() {
    await this.sweeping.close()
    await Promise.allSettled(this.running)
  }

  /** The room's `updatedAt` grows with every change: it numbers what has happened by then. */
  async note(
    { _id: roomId, updatedAt }: Pick<RoomDoc, '_id' | 'updatedAt'>,
    happenings: RoomHappening[],
    session: ClientSession,
  ): Promise<void> {
    if (happenings.length === 0) return
    const at = updatedAt.toISOString()
    const docs = happenings.map((happening, index) => {
      const fact: RoomFact = { _id: factId(roomId, updatedAt, index), roomId, at, ...happening }
      return { _id: fact._id, roomId, fact, createdAt: new Date() }
    })
    await this.parts.store.facts.insertMany(docs, { session })
  }

  /** Nobody waits for it; what does not work the sweep does again. */
  publish(roomId: string) {
    const running = this.publishRoom(roomId)
      .catch((err) => this.parts.logger.warn({ err }, 'facts of a room not published, will try again'))
      .finally(() => this.running.delete(running))
    this.running.add(running)
  }

  /** Resolves when the stream has all that was stored until now. */
  async publishAll(): Promise<void> {
    const { facts } = this.parts.store
    for (let isMore = true; isMore && !this.sweeping.isClosed; ) {
      const page = await facts.find(everyOne, { roomId: 1 }).sort({ createdAt: 1 }).limit(PAGE).lean()
      for (const roomId of new Set(page.map((doc) => doc.roomId))) await this.publishRoom(roomId)
      isMore = page.length === PAGE
    }
  }

  private publishRoom(roomId: string): Promise<void> {
    const { store, log } = this.parts
    return this.lanes.run(roomId, async () => {
      const docs = await store.facts.find(factsOf(roomId)).sort({ _id: 1 }).lean()
      await Promise.all(docs.map(({ fact }) => log.append({ kind: 'fact', fact })))
      await store.facts.deleteMany({ _id: { $in: docs.map(({ _id }) => _id) } })
    })
  }
}

/** Who did it, to those outside. */
export const doer = (userId: string) => userId || null

export const outlineOf = (room: RoomDoc): RoomOutline => ({
  ...{ _id: room._id, name: room.name, roomType: room.roomType, profileUrl: room.profileUrl ?? null },
  ...{ link: room.link ?? null, rules: room.rules, announcement: room.announcement ?? null },
  ...{ meta: room.meta ?? null, memberCount: room.memberCount },
  createdAt: room.createdAt.toISOString(),
  updatedAt: room.updatedAt.toISOString(),
})
