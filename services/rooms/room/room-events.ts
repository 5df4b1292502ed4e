import type { RoomActivity, RoomActivityEvent } from '@chat/contract'
import { type EventSource, eventsIn, type Logger, Periodic } from '@chat/service'
import type { Parts } from '../parts.ts'
import { type RoomDoc, roomEventId } from '../store/documents.ts'
import type { Transaction } from '../store/models.ts'
import type { Store } from '../store/store.ts'

/** The events of one change of a room. Its `updatedAt` grows with every change, so it numbers them. */
export function roomEventsOf(
  { _id: roomId, updatedAt }: Pick<RoomDoc, '_id' | 'updatedAt'>,
  activities: RoomActivity[],
) {
  const common = { roomId, at: updatedAt.toISOString() }
  return activities.map(
    (activity, index): RoomActivityEvent => ({
      _id: roomEventId(roomId, updatedAt, index),
      ...common,
      ...activity,
    }),
  )
}

type Outcome<T> = { result: T; events: RoomActivityEvent[] }

/** Stores a change and the events that tell it, both or neither. Then the events are published. */
export async function storeWithEvents<T>(
  { store, outbox }: Pick<Parts, 'store' | 'outbox'>,
  work: (transaction: Transaction) => Promise<Outcome<T>>,
): Promise<T> {
  const storeAt = (storedAt: Date) =>
    store.transaction(async (transaction) => {
      const outcome = await work(transaction)
      await store.roomEvents.add(outcome.events, storedAt, transaction)
      return outcome
    })
  const { result } = await outbox.store(storeAt, ({ events }) =>
    events.map((fact) => ({ event: { kind: 'fact', fact } })),
  )
  return result
}

export const roomEventSource = ({ roomEvents }: Store): EventSource =>
  eventsIn(roomEvents.model, async (ids) => {
    const docs = await roomEvents.byIds(ids)
    return docs.map(({ fact }) => ({ kind: 'fact', fact }))
  })

/** Takes over the events that an earlier version stored and did not publish. Several instances may do so at a time. */
export async function adoptFormerEvents({ store, outbox }: Pick<Parts, 'store' | 'outbox'>) {
  const { roomEvents } = store
  for (let former = await roomEvents.former(); former.length > 0; former = await roomEvents.former()) {
    const facts = former.map(({ fact }) => fact)
    await outbox.store(
      (storedAt) => roomEvents.addMissing(facts, storedAt),
      () => facts.map((fact) => ({ event: { kind: 'fact', fact } })),
    )
    await roomEvents.removeFormer(former)
  }
}

/** Instances of the earlier version may still run. */
export const adoptFormerEventsAgain = (
  parts: Pick<Parts, 'store' | 'outbox'> & { logger: Logger },
  everyMs = 60_000,
) =>
  new Periodic(
    everyMs,
    () => adoptFormerEvents(parts),
    (err) => parts.logger.warn({ err }, 'events of an earlier version not published, will try again'),
  )
