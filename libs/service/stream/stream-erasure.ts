import type { JsMsg } from '@nats-io/jetstream'
import type { Bus } from '../bus/bus.ts'
import { managerOf, unlessCode } from './stream.ts'
import { type NumberedKind, readEvent, type StreamEvent, type StreamKind } from './stream-event.ts'
import { eventsOn } from './stream-reader.ts'

const numberedKinds = ['message', 'change'] as const
/** The server's codes for a sequence that the stream does not have. */
const NO_MESSAGE = [10_037, 10_043, 10_057]

type RoomErasure = {
  bus: Bus
  roomId: string
  from: number
  isErased: (event: StreamEvent) => boolean
}

type KindErasure<K extends StreamKind> = {
  bus: Bus
  kind: K
  from: number
  isErased: (event: StreamEvent<K>) => Promise<boolean>
  /** When to stop, by `performance.now()`. */
  until: number
}

// What cannot be read may say anything about anybody: it is erased, too.

/**
 * Erases single message events of a room from the stream: the server overwrites them, and consumers skip them.
 * @returns the stream sequence after the last event that was read
 */
export async function eraseRoomEvents({ bus, roomId, from, isErased }: RoomErasure): Promise<number> {
  const found: JsMsg[] = []
  let next = from
  const subjects = numberedKinds.map((kind) => bus.subjects.roomEvent(roomId, kind))
  for await (const message of eventsOn(bus, subjects, from)) {
    next = message.seq + 1
    const event = readEvent<NumberedKind>(message)
    if (!event || isErased(event)) found.push(message)
  }
  for (const message of found) await erase(bus, message)
  return next
}

/** Erases events of one kind in all rooms. @returns the stream sequence to continue at; null at the end */
export async function eraseEventsOfKind<K extends StreamKind>(erasure: KindErasure<K>) {
  const { bus, kind, from, isErased, until } = erasure
  for await (const message of eventsOn(bus, [bus.subjects.everyRoom(kind)], from)) {
    const event = readEvent<K>(message)
    if (!event || (await isErased(event))) await erase(bus, message)
    if (performance.now() > until) return message.seq + 1
  }
  return null
}

export async function purgeRoomEvents(bus: Bus, roomId: string): Promise<void> {
  const manager = await managerOf(bus)
  await manager.streams.purge(bus.subjects.stream, { filter: bus.subjects.roomEvent(roomId, '*') })
}

/** The event may be gone already, by its age. */
async function erase(bus: Bus, message: JsMsg) {
  const manager = await managerOf(bus)
  await unlessCode(NO_MESSAGE, manager.streams.deleteMessage(bus.subjects.stream, message.seq, true))
}
