import { isGone, type Message } from '@chat/contract'
import { type AnyEvent, consumeEvents, ensureDurable, hasDurable, streamTime } from '@chat/service'
import { deleteRooms, emptyMessages } from '../delivery/deletions.ts'
import { newDelivery } from '../delivery/delivery-store.ts'
import type { WebhookParts } from '../parts.ts'
import type { WebhookDoc } from '../webhook-store.ts'
import { type WebhookEvent, webhookEventOf } from './webhook-event.ts'

export const DURABLE = 'webhooks'
/** Under load, how long events are collected before they are handled together. */
const PACE_MS = 100

type Parts = WebhookParts & { wake: () => void }

/** Turns each event of the stream into a delivery for every webhook that wants it. */
export class EventConsumer {
  private readonly parts: Parts
  private readonly durable: Parameters<typeof ensureDurable>[0]
  private lastOrder = 0

  constructor(parts: Parts) {
    this.parts = parts
    this.durable = { bus: parts.bus, durable: DURABLE, kinds: ['message', 'change', 'fact'], startsNow: true }
  }

  /** From when it resolves on no event is missed. @returns the stream's time */
  async start(): Promise<Date> {
    await ensureDurable(this.durable)
    return streamTime(this.parts.bus)
  }

  /** @returns null before the first webhook: `start` was never called */
  async open() {
    // With webhooks and no consumer, the stream was made anew since: all that is in it is new to them.
    const isUsed = async () => (await this.parts.webhooks.enabled()).length > 0
    if (!(await hasDurable(this.durable)) && !(await isUsed())) return null
    return consumeEvents({
      ...this.durable,
      startsNow: false,
      logger: this.parts.logger,
      paceMs: PACE_MS,
      handle: (events, storedAt) => this.handle(events, storedAt),
    })
  }

  private async handle(events: AnyEvent[], storedAt: Date[]): Promise<void> {
    const { webhooks, deliveries, wake } = this.parts
    const enabled = await webhooks.enabled()
    const webhookEvents = events.map(webhookEventOf)
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
    const wants = ({ events, hearsFrom }: WebhookDoc) =>
      hearsFrom <= storedAt && (events.length === 0 || events.includes(event.type))
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
