import { isGone, type Message } from '@chat/contract'
import {
  type AnyEvent,
  type Connection,
  consumeEvents,
  type EventConsumer,
  type FailedEvents,
  mapInSlices,
  openFailedEvents,
  type Scope,
  type StreamKind,
  serveJobs,
  streamTime,
} from '@chat/service'
import { deleteRooms, emptyMessages } from '../delivery/deletions.ts'
import { newDelivery } from '../delivery/delivery-store.ts'
import type { WebhookParts } from '../parts.ts'
import type { WebhookDoc } from '../webhook-store.ts'
import { type WebhookEvent, webhookEventOf } from './webhook-event.ts'

export const CONSUMER = { name: 'webhooks', kinds: ['message', 'change', 'fact'] as StreamKind[] }
/** Under load, how long events are collected before they are handled together. */
const PACE_MS = 100
const MAX_LEASE_MS = 3_000

/** How much the clock of who has made an event may be behind that of NATS. */
const CLOCK_MARGIN_MS = 5_000

type Parts = WebhookParts & { mongo: Connection; wake: () => void }

export type WebhookEvents = {
  /** From when it resolves on no event is missed. @returns the stream's time */
  start: () => Promise<Date>
  failedEvents: FailedEvents<StreamKind>
}

/** Turns each event of the stream into a delivery for every webhook that wants it, from the first webhook on. */
export async function consumeWebhookEvents(scope: Scope, parts: Parts): Promise<WebhookEvents> {
  const { mongo: connection, bus, logger, metrics, times, webhooks } = parts
  const writer = new DeliveryWriter(parts)
  const handle = (events: AnyEvent[], storedAt: Date[]) => writer.handle(events, storedAt)
  const failing = openFailedEvents({ connection, kind: 'webhook-event', metrics, logger, handle })
  const failedEvents = await scope.use('failed webhook events', failing)
  await scope.use('webhook event job requests', serveJobs(bus, failedEvents.jobs))
  const consuming: Promise<EventConsumer> = consumeEvents({
    ...{ ...CONSUMER, connection, bus, logger, handle },
    // With webhooks and no position, the data are of an earlier version or restored: what is in the stream is for them.
    starts: (await webhooks.enabled()).length > 0 ? 'oldest' : 'on call',
    paceMs: PACE_MS,
    leaseMs: Math.min(times.lease, MAX_LEASE_MS),
    setAside: failedEvents.add,
  })
  const consumer = await scope.use('webhook events', consuming)
  const start = async () => {
    await consumer.begin()
    return streamTime(bus)
  }
  return { start, failedEvents }
}

class DeliveryWriter {
  private readonly parts: Parts
  private lastOrder = 0

  constructor(parts: Parts) {
    this.parts = parts
  }

  async handle(events: AnyEvent[], storedAt: Date[]): Promise<void> {
    const { webhooks, deliveries, wake } = this.parts
    const enabled = await webhooks.enabled()
    const webhookEvents = await mapInSlices(events, webhookEventOf)
    const docs = webhookEvents.flatMap((event, index) =>
      this.deliveriesOf(event, storedAt[index] as Date, enabled),
    )
    await deliveries.add(docs)
    // These events are about stored deliveries, those just added included.
    await emptyMessages(deliveries.model, events.flatMap(goneMessages))
    const deleted = webhookEvents.flatMap(({ type, roomId }) => (type === 'room.deleted' ? roomId : []))
    await deleteRooms(deliveries.model, deleted)
    const missing = await webhooks.makeDue([...new Set(docs.map(({ webhookId }) => webhookId))])
    // A webhook may be deleted, with its deliveries, just before some are added.
    for (const id of missing) await deliveries.deleteWebhook(id)
    wake()
  }

  private deliveriesOf(event: WebhookEvent, storedAt: Date, enabled: WebhookDoc[]) {
    const now = new Date()
    // An event that is published again is stored again: its own time tells that it is old.
    const happenedAt = Math.min(storedAt.getTime(), Date.parse(event.at) + CLOCK_MARGIN_MS)
    const wants = ({ events, hearsFrom }: WebhookDoc) =>
      hearsFrom.getTime() <= happenedAt && (events.length === 0 || events.includes(event.type))
    return enabled.filter(wants).map(({ _id }) => newDelivery(_id, event, this.nextOrder(now), now))
  }

  /** Ascends with every delivery, also over restarts. */
  private nextOrder(now: Date): number {
    this.lastOrder = Math.max(this.lastOrder + 1, now.getTime() * 1000)
    return this.lastOrder
  }
}

const goneMessages = (event: AnyEvent): Message[] =>
  event.kind === 'change' && isGone(event.message) ? [event.message] : []
