import { isReader } from '@chat/contract'
import { DeliverPolicy, PubHeaders } from '@nats-io/jetstream'
import type { Bus } from '../bus/bus.ts'
import { managerOf, NO_STREAM, unlessCode } from '../stream/stream.ts'
import type { StreamKind } from '../stream/stream-event.ts'
import { messagesOf } from '../stream/stream-reader.ts'
import type { StreamPlace } from './outbox-state.ts'

const BATCH = 2_000
const TIMEOUT_MS = 2_000

/** When the stream was created, and which sequences it has. */
export type StreamView = { created: string; firstSeq: number; lastSeq: number }

/** Null where there is no stream. */
export async function viewStream(bus: Bus): Promise<StreamView | null> {
  const manager = await managerOf(bus, TIMEOUT_MS)
  const info = await unlessCode([NO_STREAM], manager.streams.info(bus.subjects.stream))
  if (!info) return null
  const { first_seq: firstSeq, last_seq: lastSeq } = info.state
  return { created: String(info.created), firstSeq, lastSeq }
}

/** Whether the stream has these events at these places. It has not where one was erased, or is too old. */
export async function holdsAll(bus: Bus, { lastSeq }: StreamView, places: StreamPlace[]): Promise<boolean> {
  if (places.some(({ seq }) => seq > lastSeq)) return false
  const known = places.filter(({ eventId }) => eventId !== '')
  const held = await Promise.all(
    known.map(async ({ seq, eventId }) => (await eventIdAt(bus, seq)) === eventId),
  )
  return held.every(Boolean)
}

/** The end of the stream. The event there may be gone: of an empty stream it is. */
export const endOf = async (bus: Bus, { lastSeq }: StreamView): Promise<StreamPlace> => ({
  seq: lastSeq,
  eventId: (lastSeq > 0 && (await eventIdAt(bus, lastSeq))) || '',
})

async function eventIdAt(bus: Bus, seq: number): Promise<string | null> {
  const manager = await managerOf(bus, TIMEOUT_MS)
  const found = await manager.direct.getMessage(bus.subjects.stream, { seq })
  return found && idIn(found.header.get(PubHeaders.MsgIdHdr))
}

/** The ids of events of these kinds that were published since a time, up to a sequence. */
export async function publishedIds(bus: Bus, kinds: StreamKind[], since: Date, endSeq: number) {
  const ids = new Set<string>()
  const options = {
    filter_subjects: kinds.map((kind) => bus.subjects.everyRoom(kind)),
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: since.toISOString(),
    headers_only: true,
  }
  for await (const message of messagesOf(bus, options, BATCH)) {
    ids.add(idIn(message.headers?.get(PubHeaders.MsgIdHdr) ?? ''))
    if (message.seq >= endSeq) break
  }
  return ids
}

/** Earlier versions put an edited copy in the place of an erased event, under its id and a sequence. */
const idIn = (header: string) => header.split(':')[0] as string

/** Up to where every consumer that the server knows has handled the stream. */
export async function handledSeq(bus: Bus): Promise<number> {
  const manager = await managerOf(bus, TIMEOUT_MS)
  const { state } = await manager.streams.info(bus.subjects.stream)
  let handled = state.last_seq
  for await (const info of manager.consumers.list(bus.subjects.stream)) {
    const isIdle = info.num_pending === 0 && info.num_ack_pending === 0
    // Others are those of earlier versions, or read for a moment.
    if (isIdle || !isReader(info.name)) continue
    handled = Math.min(handled, info.ack_floor.stream_seq)
  }
  return handled
}
