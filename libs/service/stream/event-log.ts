import { type JetStreamClient, jetstream } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import type { Bus } from '../bus/bus.ts'
import { untraced } from '../telemetry/tracing.ts'
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
/**
 * From here on a group is published as one atomic batch: the server syncs it to disk once, which costs as much as
 * about eight single messages.
 */
const BATCH_FROM = 8
/** The server takes up to 1,000. */
const BATCH_TO = 200

type Waiting = { event: AnyEvent; done: PromiseWithResolvers<void> }

/** The stream as its writer sees it. Events that come while a group is on its way are the next group. */
export class EventLog {
  private readonly bus: Bus
  private readonly client: JetStreamClient
  private waiting: Waiting[] = []
  private working = false

  constructor(bus: Bus) {
    this.bus = bus
    this.client = jetstream(bus.connection, { timeout: PUBLISH_TIMEOUT_MS })
  }

  /**
   * Resolves when the stream has the event on disk; events get there in the order of the calls. Gateways hear the
   * same publish as a plain event, perhaps more than once.
   */
  append(event: AnyEvent): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.waiting.push({ event, done })
    if (!this.working) void untraced(() => this.work())
    return done.promise
  }

  /** The number of a room's last event of a kind that the stream has; 0 where it has none (any more). */
  async lastNumber(kind: NumberedKind, roomId: string): Promise<number> {
    const manager = await this.client.jetstreamManager(false)
    const stored = await manager.direct.getMessage(this.bus.subjects.stream, {
      last_by_subj: this.bus.subjects.roomEvent(roomId, kind),
    })
    return stored ? numberOf(readEvent(stored) as StreamEvent) : 0
  }

  private async work() {
    this.working = true
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, BATCH_TO)
      if (group.length < BATCH_FROM || !(await this.publishTogether(group))) await this.publishEach(group)
    }
    this.working = false
  }

  /** @returns false where it did not work: one event that the stream has already spoils a batch */
  private async publishTogether(group: Waiting[]): Promise<boolean> {
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

  private async publishEach(group: Waiting[]) {
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
