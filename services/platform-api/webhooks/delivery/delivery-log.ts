import type { WebhookDelivery } from '@chat/contract'
import { cursorAfter, decodeCursor } from '@chat/service'
import type { WebhookStore } from '../webhook-store.ts'
import { found, type Page } from '../webhooks.ts'
import type { DeliveryState, DeliveryStore, DeliverySummary } from './delivery-store.ts'

const STATES: DeliveryState[] = ['WAITING', 'DELIVERED', 'FAILED']
const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

type Place = { webhookId: string; deliveryId: string }
type Parts = { webhooks: WebhookStore; deliveries: DeliveryStore; wake: () => void }

/** What became of what was to be told, for as long as it is kept. */
export class DeliveryLog {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Newest first. @throws WEBHOOK_NO_EXISTS */
  async list({
    webhookId,
    state,
    limit = DEFAULT_LIMIT,
    cursor,
  }: Page & { webhookId: string; state?: DeliveryState }) {
    const { webhooks, deliveries } = this.parts
    const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : decodeCursor(cursor, isOrder)
    const most = Math.min(limit, MAX_LIMIT)
    found(await webhooks.get(webhookId))
    const states = state === undefined ? STATES : [state]
    const lists = await Promise.all(states.map((each) => deliveries.list(webhookId, each, before, most + 1)))
    const docs = lists.flat().sort((a, b) => b.order - a.order)
    const shown = docs.slice(0, most)
    return { list: shown.map(present), nextCursor: cursorAfter(shown, docs, ({ order }) => order) }
  }

  /** With what is sent. @throws WEBHOOK_NO_EXISTS */
  async get({ webhookId, deliveryId }: Place) {
    const doc = found(await this.parts.deliveries.get(webhookId, deliveryId))
    const { type, at: timestamp, data } = doc
    return { ...present(doc), payload: { type, timestamp, data } }
  }

  /** It is sent again, whatever became of it, and has the same id. @throws WEBHOOK_NO_EXISTS */
  async replay({ webhookId, deliveryId }: Place): Promise<WebhookDelivery> {
    const { webhooks, deliveries, wake } = this.parts
    const doc = found(await deliveries.replay(webhookId, deliveryId))
    await webhooks.wake([webhookId])
    wake()
    return present(doc)
  }
}

const isOrder = (place: unknown): place is number => Number.isSafeInteger(place)

const present = (doc: DeliverySummary): WebhookDelivery => ({
  deliveryId: doc.eventId,
  ...{ type: doc.type, state: doc.state, tries: doc.tries },
  ...{ lastStatus: doc.lastStatus ?? null, lastError: doc.lastError ?? null },
  lastTriedAt: doc.lastTriedAt?.toISOString() ?? null,
  nextTryAt: doc.nextAt?.toISOString() ?? null,
  createdAt: doc.createdAt.toISOString(),
})
