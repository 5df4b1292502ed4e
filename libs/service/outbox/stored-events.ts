import type { Model } from 'mongoose'
import type { Index } from '../storage/mongo.ts'
import type { AnyEvent } from '../stream/stream-event.ts'
import type { EventSource, StoredId } from './recovery.ts'

/** The field by which the recovery finds an event. Events of earlier versions have none. */
export type Stored = { storedAt?: Date }

export const storedIndex: Index = [{ storedAt: 1 }, { sparse: true }]

/** The events of a collection with `storedIndex`. @param load the events with these ids, as far as they exist */
export const eventsIn = <T extends Stored & { _id: string }>(
  model: Model<T>,
  load: (ids: string[]) => Promise<AnyEvent[]>,
): EventSource => ({
  load,
  storedBetween: (from, to, limit) =>
    model
      .find({ storedAt: { $gte: from, ...(to && { $lt: to }) } } as object, { storedAt: 1 })
      .limit(limit)
      .lean<StoredId[]>(),
})
