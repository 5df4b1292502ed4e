import { isOutage } from './outage.ts'
import type { AnyEvent, StreamEvent, StreamKind } from './stream-event.ts'

/** Where more events fail and none succeeds, something else than the events may be wrong. */
const MAX_POISON = 10

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
  const failures: (Delivered<K> & { reason: unknown })[] = []
  let succeeded = 0
  const attempt = async (part: Delivered<K>[]): Promise<void> => {
    const failed = await tryToHandle(handle, part)
    if (failed instanceof Map) {
      for (const each of part)
        if (failed.has(each.event)) failures.push({ ...each, reason: failed.get(each.event) })
      succeeded += part.length - failed.size
      return
    }
    const { reason } = failed
    const [first] = part
    if (part.length > 1 || !first) {
      const middle = Math.ceil(part.length / 2)
      await attempt(part.slice(0, middle))
      return attempt(part.slice(middle))
    }
    failures.push({ ...first, reason })
    if (!mayAllFail && succeeded === 0 && failures.length > MAX_POISON) throw reason
  }
  await attempt(batch)
  return failures
}

/** @returns the failed events with the reasons, or why all of them failed @throws outages */
async function tryToHandle<K extends StreamKind>(handle: Handle<K>, part: Delivered<K>[]) {
  const [events, times] = [part.map(({ event }) => event), part.map(({ storedAt }) => storedAt)]
  try {
    const failures = (await handle(events, times)) ?? []
    return new Map(failures.map(({ event, reason }) => [event, reason]))
  } catch (reason) {
    if (isOutage(reason)) throw reason
    return { reason }
  }
}
