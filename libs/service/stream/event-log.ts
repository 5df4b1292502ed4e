import { type JetStreamClient, jetstream } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { BatchQueue } from '../async/batch-queue.ts'
import type { Bus } from '../bus/bus.ts'
import {
  type AnyEvent,
  eventId,
  type NumberedKind,
  numberOf,
  publicationOf,
  readEvent,
  type StreamEvent,
} from './stream-event.ts'

const PUBLISH_TIMEOUT_MS = 1_500
/** From so many events on, one atomic batch is cheaper: its one sync to disk costs as much as eight messages. */
const MIN_ATOMIC = 8
/** The server takes up to 1,000. */
const MAX_BATCH = 200

type Pending = { event: AnyEvent; done: PromiseWithResolvers<void> }

export class EventLog {
  private readonly bus: Bus
  private readonly client: JetStreamClient
  private readonly queue = new BatchQueue<Pending>({
    run: (group) => this.publish(group),
    failed: (error, group) => {
      for (const { done } of group) done.reject(error)
    },
    maxBatch: MAX_BATCH,
  })

  constructor(bus: Bus) {
    this.bus = bus
    this.client = jetstream(bus.connection, { timeout: PUBLISH_TIMEOUT_MS })
  }

  /** Resolves when the event is on disk, in the order of the calls. Gateways may receive it more than once. */
  append(event: AnyEvent): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.queue.add({ event, done })
    return done.promise
  }

  /** The number of a room's last event of a kind in the stream; 0 where the stream has none. */
  async lastNumber(kind: NumberedKind, roomId: string): Promise<number> {
    const manager = await this.client.jetstreamManager(false)
    const stored = await manager.direct.getMessage(this.bus.subjects.stream, {
      last_by_subj: this.bus.subjects.roomEvent(roomId, kind),
    })
    return stored ? numberOf(readEvent(stored) as StreamEvent) : 0
  }

  private async publish(group: Pending[]) {
    if (group.length < MIN_ATOMIC || !(await this.publishTogether(group))) await this.publishEach(group)
  }

  /** @returns false where it failed: one event that the stream has already spoils an atomic batch */
  private async publishTogether(group: Pending[]): Promise<boolean> {
    const [first, ...rest] = group.map(({ event }) => this.publication(event))
    const last = rest.pop()
    if (!first || !last) return false
    try {
      const batch = await this.client.startBatch(...first)
      for (const publication of rest) batch.add(...publication)
      await batch.commit(...last)
    } catch {
      return false
    }
    for (const { done } of group) done.resolve()
    return true
  }

  private async publishEach(group: Pending[]) {
    const publishing = group.map(({ event, done }) =>
      this.client.publish(...this.publication(event)).then(() => done.resolve(), done.reject),
    )
    await Promise.all(publishing)
  }

  private publication(event: AnyEvent) {
    const identified = headers()
    identified.set('Nats-Msg-Id', eventId(event))
    const { subject, body } = publicationOf(event, this.bus.subjects)
    return [subject, body, { headers: identified }] as const
  }
}
