import type { JetStreamManager } from '@nats-io/jetstream'
import type { Connection } from 'mongoose'
import type { Bus } from '../bus/bus.ts'
import { managerOf, NO_CONSUMER, NO_STREAM, unlessCode } from './stream.ts'
import type { StreamKind } from './stream-event.ts'

/** How far a consumer has handled the stream. */
export type Position = {
  /** When the stream was created: a stream made anew is another one. */
  stream: string
  /** The last event that is handled. */
  seq: number
  /** That event's time by the stream's clock. Another event at `seq` has another time. */
  at: Date
}
type PositionDoc = Position & { _id: string }

/** A consumer of a stream that does not exist is none either. */
export const NO_READER = [NO_CONSUMER, NO_STREAM]
/** How far the clocks of NATS servers may differ. Events of this time are handled again where the position is lost. */
const CLOCK_SKEW_MS = 60_000

/** The position of one consumer, in the database of what it derives: a restored database has its own position. */
export class PositionStore {
  private readonly name: string
  private readonly positions

  constructor(connection: Connection, name: string) {
    this.name = name
    this.positions = connection.collection<PositionDoc>('positions')
  }

  load = (): Promise<Position | null> => this.positions.findOne({ _id: this.name })

  async save({ stream, seq, at }: Position) {
    await this.positions.updateOne({ _id: this.name }, { $set: { stream, seq, at } }, { upsert: true })
  }

  async saveFirst({ stream, seq, at }: Position) {
    await this.positions.updateOne(
      { _id: this.name },
      { $setOnInsert: { stream, seq, at } },
      { upsert: true },
    )
  }
}

/** Where a new consumer begins: where a consumer of an earlier version stopped, which acked each event, or as it wants. */
export async function firstPosition(bus: Bus, name: string, starts: 'oldest' | 'now' | 'on call') {
  const manager = await managerOf(bus)
  const { stream } = bus.subjects
  const former = await unlessCode(NO_READER, manager.consumers.info(stream, name))
  const seq = former?.ack_floor.stream_seq ?? 0
  const event = seq > 0 ? await manager.direct.getMessage(stream, { seq }) : null
  await unlessCode(NO_READER, manager.consumers.delete(stream, name))
  if (!former) return positionAt(bus, starts === 'oldest' ? 'first' : 'last')
  const first = await positionAt(bus, 'first')
  return event ? { ...first, seq, at: event.time } : first
}

/** The position of who has handled everything up to now, or nothing yet. */
export async function positionAt(bus: Bus, end: 'first' | 'last'): Promise<Position> {
  const { created: stream, state } = await (await managerOf(bus)).streams.info(bus.subjects.stream)
  if (end === 'first') return { stream, seq: 0, at: new Date(0) }
  return { stream, seq: state.last_seq, at: new Date(state.last_ts) }
}

/**
 * The sequence to read on from. A stream made anew is read from its first event. Where the stream has another event at the
 * position, or none, its end was lost and its numbers are used again, or the event was removed: then the time tells.
 */
export async function startAfter(manager: JetStreamManager, name: string, position: Position) {
  const { created: stream, state } = await manager.streams.info(name)
  if (position.stream !== stream || position.seq === 0) return { stream, first: 1 }
  const { seq, at } = position
  const event = await manager.direct.getMessage(name, { seq })
  if (event?.time.getTime() === at.getTime()) return { stream, first: seq + 1 }
  const start_time = new Date(at.getTime() - CLOCK_SKEW_MS).toISOString()
  const later = await manager.direct.getMessage(name, { start_time, next_by_subj: '>' })
  return { stream, first: later?.seq ?? state.last_seq + 1 }
}

/** The first event of these kinds after a position; null where there is none. */
export async function nextEvent(bus: Bus, kinds: StreamKind[], position: Position) {
  const manager = await managerOf(bus)
  const { created } = await manager.streams.info(bus.subjects.stream)
  const seq = position.stream === created ? position.seq + 1 : 1
  const finding = kinds.map((kind) =>
    manager.direct.getMessage(bus.subjects.stream, { seq, next_by_subj: bus.subjects.everyRoom(kind) }),
  )
  const found = (await Promise.all(finding)).filter((event) => event !== null)
  return found.reduce<(typeof found)[number] | null>(
    (first, event) => (first && first.seq < event.seq ? first : event),
    null,
  )
}
