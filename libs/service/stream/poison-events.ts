import { handleInHalves } from '../async/halving.ts'
import { isOutage } from './outage.ts'
import type { AnyEvent, StreamEvent, StreamKind } from './stream-event.ts'

/** An event as it came; `storedAt` is by the stream's clock. */
export type Delivered<K extends StreamKind = StreamKind> = { event: StreamEvent<K>; storedAt: Date }
export type Failure = { event: AnyEvent; reason: unknown }
/**
 * Handles events. It returns those that failed, or throws: then any of them may have failed.
 * @param isReplay whether an operator wants a dead letter to be handled again
 */
export type Handle<K extends StreamKind> = (
  events: StreamEvent<K>[],
  storedAt: Date[],
  isReplay?: boolean,
) => Promise<Failure[]> | Promise<void>

/**
 * Handles a batch, and finds the events that fail by halving it.
 * @param mayAllFail whether more than a few events may fail where none succeeds
 * @returns the failed ones @throws where nothing can be handled at the moment, such as while the database is away
 */
export async function handleBatch<K extends StreamKind>(
  handle: Handle<K>,
  batch: Delivered<K>[],
  mayAllFail = false,
) {
  const handlePart = async (part: Delivered<K>[]) => {
    const [events, times] = [part.map(({ event }) => event), part.map(({ storedAt }) => storedAt)]
    const failures = (await handle(events, times)) ?? []
    const reasons = new Map(failures.map(({ event, reason }) => [event, reason]))
    return part
      .filter(({ event }) => reasons.has(event))
      .map((item) => ({ item, reason: reasons.get(item.event) }))
  }
  const failures = await handleInHalves({ handle: handlePart, isPassing: isOutage, mayAllFail }, batch)
  return failures.map(({ item, reason }) => ({ ...item, reason }))
}
