import { isGone, type Message } from '@chat/contract'
import {
  type AnyEvent,
  type Bus,
  consumeEvents,
  ensureDurable,
  hasDurable,
  type Logger,
  streamTime,
} from '@chat/service'
import { type DeliveryStore, newDelivery } from '../delivery/delivery-store.ts'
import type { WebhookDoc, WebhookStore } from '../webhook-store.ts'
import { type Occurrence, occurrenceOf } from './webhook-event.ts'

export const DURABLE = 'webhooks'
/** How long events wait for company under load. */
const PACE_MS = 100

type Parts = {
  webhooks: WebhookStore
  deliveries: DeliveryStore
  bus: Bus
  logger: Logger
  /** These have something to be sent. */
  wake: (webhookIds: string[]) => void
}

/** Follows what happens, and makes deliveries of it for those who want to hear of it. */
export class EventConsumer {
  private readonly parts: Parts
  private lastOrder = 0
  constructor(parts: Parts) {
    this.parts = parts
  }

  private durable() {
    const kinds: ('message' | 'change' | 'fact')[] = ['message', 'change', 'fact']
    return { bus: this.parts.bus, durable: DURABLE, kinds, startsNow: true }
  }

  /**
   * From when this resolves on nothing is missed. Where nobody ever wanted a webhook nothing is followed.
   * @returns what time it is there
   */
  begin = async (): Promise<Date> => {
    await ensureDurable(this.durable())
    return streamTime(this.parts.bus)
  }

  /** @returns null where it has not begun */
  open = async () => {
    if (!(await hasDurable(this.durable()))) return null
    return consumeEvents({
      ...{ ...this.durable(), logger: this.parts.logger, paceMs: PACE_MS },
      handle: (events, storedAt) => this.take(events, storedAt),
    })
  }

  private async take(events: AnyEvent[], storedAt: Date[]): Promise<void> {
    const { webhooks, deliveries, wake } = this.parts
    const enabled = await webhooks.enabled()
    const occurrences = events.map(occurrenceOf)
    const docs = occurrences.flatMap((occurrence, index) =>
      this.deliveriesOf(
        occurrence,
        // What is older than a webhook may come later, and is not for it.
        enabled.filter(({ hearsFrom }) => hearsFrom <= (storedAt[index] as Date)),
      ),
    )
    await deliveries.add(docs)
    // What was kept before, and what has just been.
    await deliveries.empty(events.flatMap(goneOf))
    await deliveries.deleteRooms(
      occurrences.flatMap(({ type, roomId }) => (type === 'room.deleted' ? [roomId] : [])),
    )
    const ids = [...new Set(docs.map(({ webhookId }) => webhookId))]
    // One that was deleted just now has forgotten what was told before this came.
    for (const id of await webhooks.wake(ids)) await deliveries.deleteWebhook(id)
    wake(ids)
  }

  private deliveriesOf(occurrence: Occurrence, enabled: WebhookDoc[]) {
    const now = new Date()
    const wants = ({ events }: WebhookDoc) => events.length === 0 || events.includes(occurrence.type)
    return enabled.filter(wants).map(({ _id }) => newDelivery(_id, occurrence, this.nextOrder(now), now))
  }

  /** Grows with every delivery, over restarts too. */
  private nextOrder(now: Date): number {
    this.lastOrder = Math.max(this.lastOrder + 1, now.getTime() * 1000)
    return this.lastOrder
  }
}

const goneOf = (event: AnyEvent): Message[] =>
  event.kind === 'change' && isGone(event.message) ? [event.message] : []
