import type { WebhookDelivery } from '@chat/contract'
import { cursorAfter, decodeCursor } from '@chat/service'
import type { WebhookStore } from '../webhook-store.ts'
import { existing, type Page } from '../webhooks.ts'
import type { DeliveryState, DeliverySummary } from './delivery-doc.ts'
import type { DeliveryStore } from './delivery-store.ts'

const STATES: DeliveryState[] = ['WAITING', 'DELIVERED', 'FAILED']
const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

type DeliveryPath = { webhookId: string; deliveryId: string }
type DeliveryQuery = Page & { webhookId: string; state?: DeliveryState }
type Parts = { webhooks: WebhookStore; deliveries: DeliveryStore; wake: () => void }

/** Newest first. @throws WEBHOOK_NO_EXISTS */
export async function listDeliveries(
  { webhooks, deliveries }: Parts,
  { webhookId, state, limit = DEFAULT_LIMIT, cursor }: DeliveryQuery,
) {
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
export async function getDelivery({ deliveries }: Parts, { webhookId, deliveryId }: DeliveryPath) {
  const doc = existing(await deliveries.get(webhookId, deliveryId))
  const { type, at: timestamp, data } = doc
  return { ...present(doc), payload: { type, timestamp, data } }
}

/** Sends a delivery again, with the same id, whatever its state. @throws WEBHOOK_NO_EXISTS */
export async function replayDelivery(
  { webhooks, deliveries, wake }: Parts,
  { webhookId, deliveryId }: DeliveryPath,
): Promise<WebhookDelivery> {
  const doc = existing(await deliveries.replay(webhookId, deliveryId))
  await webhooks.makeDue([webhookId])
  wake()
  return present(doc)
}

const isOrder = (value: unknown): value is number => Number.isSafeInteger(value)

const present = ({
  eventId,
  type,
  state,
  tries,
  lastStatus,
  lastError,
  ...doc
}: DeliverySummary): WebhookDelivery => ({
  deliveryId: eventId,
  type,
  state,
  tries,
  lastStatus,
  lastError,
  lastTriedAt: doc.lastTriedAt?.toISOString() ?? null,
  nextTryAt: doc.nextAt?.toISOString() ?? null,
  createdAt: doc.createdAt.toISOString(),
})
