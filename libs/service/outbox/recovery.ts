import { chunksOf } from '../async/chunks.ts'
import type { Bus } from '../bus/bus.ts'
import { type AnyEvent, eventId, type StreamKind } from '../stream/stream-event.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Publisher } from './publisher.ts'
import { publishedIds } from './stream-view.ts'

/** Stored events, by the time at which they were stored. */
export type EventSource = {
  /** The events of a period without its end, or of all times from `from` on; in any order, at most `limit`. */
  storedBetween: (from: Date, to: Date | null, limit: number) => Promise<StoredId[]>
  /** The events as they are now. Those that are gone by now are left out. */
  load: (ids: string[]) => Promise<AnyEvent[]>
}
export type StoredId = { _id: string; storedAt: Date }

/** Below the age at which the stream forgets. */
const MAX_AGE_MS = 6 * 24 * 60 * 60 * 1000
const PAGE = 2_000
const LOADED = 200
const FIRST_PERIOD_MS = 1_000
const LONGEST_PERIOD_MS = 60 * 60 * 1_000
const PROGRESS_MS = 5_000
/** By so much clocks may differ before events are published again that the stream has. */
const SKEW_MS = 60_000

export type RecoveryParts = {
  bus: Bus
  logger: Logger
  /** The kinds of events that this service stores, and where it stores them. */
  kinds: StreamKind[]
  sources: EventSource[]
  publisher: Publisher
  /** Resolves when what this service derives from its own events is stored. It may get an event again. */
  derive: (events: AnyEvent[]) => Promise<void>
}
/** `endSeq`: the end of the stream, up to which it is compared. */
type Walk = {
  from: number
  endSeq: number
  now: number
  derives: boolean
  losses: number
  signal: AbortSignal
}

/**
 * Walks the store from a stored time on, and publishes each event that the stream does not have. Events that are just
 * being published by others may be published twice: the stream drops the repeat.
 */
export async function recover(
  parts: RecoveryParts,
  { from, endSeq, now, derives, losses, signal }: Walk,
): Promise<void> {
  const { bus, logger, kinds, sources, publisher, derive } = parts
  const first = Math.max(from, now - MAX_AGE_MS)
  const published = await publishedIds(bus, kinds, new Date(first - SKEW_MS), endSeq)
  const count = { walked: 0, published: 0 }
  let toldAt = performance.now()
  for (const source of sources)
    for await (const ids of storedFrom(source, first, now)) {
      count.walked += ids.length
      const deriving: Promise<void>[] = []
      for (const loaded of chunksOf(derives ? ids : ids.filter((id) => !published.has(id)), LOADED)) {
        const events = await source.load(loaded)
        const absent = events.filter((event) => !published.has(eventId(event)))
        signal.throwIfAborted()
        if (derives) deriving.push(derive(events))
        // Awaited below, unless publishing fails before.
        deriving.at(-1)?.catch(() => {})
        await Promise.all(absent.map((event) => publisher.publish(event, losses)))
        count.published += absent.length
      }
      await Promise.all(deriving)
      if (performance.now() - toldAt < PROGRESS_MS) continue
      logger.info(count, 'recovery of events goes on')
      toldAt = performance.now()
    }
  logger.info({ ...count, from: new Date(first), compared: published.size }, 'events recovered')
}

/** The ids of all events stored from a time on, in periods short enough for one page each. */
async function* storedFrom(source: EventSource, from: number, now: number): AsyncGenerator<string[]> {
  let period = FIRST_PERIOD_MS
  // Clocks of other machines may be ahead, so the last period has no end.
  let lastStart = now
  for (let start = from; ; ) {
    const end = start > lastStart ? null : start + period
    const isShortest = period <= 1
    const page = await source.storedBetween(
      new Date(start),
      end === null ? null : new Date(end),
      isShortest ? 0 : PAGE,
    )
    if (page.length === PAGE && !isShortest) {
      if (end === null) lastStart += LONGEST_PERIOD_MS
      else period = Math.ceil(period / 8)
      continue
    }
    yield page.sort(byTime).map(({ _id }) => _id)
    if (end === null) return
    start = end
    if (page.length < PAGE / 4) period = Math.min(period * 2, LONGEST_PERIOD_MS)
  }
}

const byTime = (a: StoredId, b: StoredId) =>
  a.storedAt.getTime() - b.storedAt.getTime() || (a._id < b._id ? -1 : 1)
