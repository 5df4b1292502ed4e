import type { WebhookDelivery } from '@chat/contract'
import { cursorAfter, decodeCursor } from '@chat/service'
import type { WebhookControl } from '../parts.ts'
import { existing, type Page } from '../webhooks.ts'
import type { DeliveryState, DeliverySummary } from './delivery-store.ts'

const STATES: DeliveryState[] = ['WAITING', 'DELIVERED', 'FAILED']
const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

type DeliveryPath = { webhookId: string; deliveryId: string }
type DeliveryQuery = Page & { webhookId: string; state?: DeliveryState }

export async function listDeliveries(
  { webhooks, deliveries }: WebhookControl,
  { webhookId, state, limit = DEFAULT_LIMIT, cursor }: DeliveryQuery,
) {
  const isOrder = (value: unknown): value is number => Number.isSafeInteger(value)
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : decodeCursor(cursor, isOrder)
  const size = Math.min(limit, MAX_LIMIT)
  existing(await webhooks.get(webhookId))
  const states = state === undefined ? STATES : [state]
  const lists = await Promise.all(states.map((each) => deliveries.list(webhookId, each, before, size + 1)))
  const docs = lists.flat().sort((a, b) => b.order - a.order)
  const page = docs.slice(0, size)
  return { list: page.map(present), nextCursor: cursorAfter(page, docs, ({ order }) => order) }
}

/** @throws WEBHOOK_NO_EXISTS */
export async function getDelivery({ deliveries }: WebhookControl, { webhookId, deliveryId }: DeliveryPath) {
  const doc = existing(await deliveries.get(webhookId, deliveryId))
  const { type, at: timestamp, data } = doc
  return { ...present(doc), payload: { type, timestamp, data } }
}

/** Sends a delivery again, with the same id, whatever its state. @throws WEBHOOK_NO_EXISTS */
export async function replayDelivery(
  { webhooks, deliveries, wake }: WebhookControl,
  { webhookId, deliveryId }: DeliveryPath,
): Promise<WebhookDelivery> {
  const doc = existing(await deliveries.replay(webhookId, deliveryId))
  await webhooks.makeDue([webhookId])
  wake()
  return present(doc)
}

const present = (doc: DeliverySummary): WebhookDelivery => ({
  deliveryId: doc.eventId,
  type: doc.type,
  state: doc.state,
  tries: doc.tries,
  lastStatus: doc.lastStatus,
  lastError: doc.lastError,
  lastTriedAt: doc.lastTriedAt?.toISOString() ?? null,
  nextTryAt: doc.nextAt?.toISOString() ?? null,
  createdAt: doc.createdAt.toISOString(),
})
