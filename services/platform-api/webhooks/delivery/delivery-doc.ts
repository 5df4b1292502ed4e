import type { Connection } from '@chat/service'
import mongoose from 'mongoose'
import type { WebhookEvent } from '../events/webhook-event.ts'

export type DeliveryState = 'WAITING' | 'DELIVERED' | 'FAILED'
/** An event for one webhook, and how its delivery goes. `_id` names both. */
export type DeliveryDoc = WebhookEvent & {
  _id: string
  webhookId: string
  state: DeliveryState
  /** Ascends in the order in which the events came. */
  order: number
  tries: number
  since: Date
  /** When it was last replayed. A try that began before does not count. */
  replayedAt: Date | null
  /** Absent when it is not tried any more. */
  nextAt?: Date
  lastTriedAt: Date | null
  lastStatus: number | null
  lastError: string | null
  createdAt: Date
}
export type DueDelivery = Pick<DeliveryDoc, '_id' | 'roomId'>
export type DeliverySummary = Omit<DeliveryDoc, 'data' | 'about'>
export type TryResult = Pick<DeliveryDoc, 'lastTriedAt' | 'lastStatus' | 'lastError'>

/** As long as the stream keeps events. */
const KEPT_SECONDS = 7 * 24 * 60 * 60

/** The type is the schema: every field is written here. */
const schema = new mongoose.Schema<DeliveryDoc>({ _id: String }, { strict: false, versionKey: false })
schema.index({ webhookId: 1, nextAt: 1, order: 1, roomId: 1 })
schema.index({ webhookId: 1, state: 1, order: 1 })
schema.index({ about: 1, _id: 1 })
schema.index({ createdAt: 1 }, { expireAfterSeconds: KEPT_SECONDS })

export async function openDeliveryModel(connection: Connection) {
  const model = connection.model<DeliveryDoc>('Delivery', schema, 'deliveries')
  await model.createIndexes()
  return model
}
export type DeliveryModel = Awaited<ReturnType<typeof openDeliveryModel>>

export const deliveryKey = (webhookId: string, eventId: string) => `${webhookId}:${eventId}`

export const newDelivery = (
  webhookId: string,
  event: WebhookEvent,
  order: number,
  now: Date,
): DeliveryDoc => ({
  ...event,
  _id: deliveryKey(webhookId, event.eventId),
  webhookId,
  state: 'WAITING',
  order,
  tries: 0,
  since: now,
  replayedAt: null,
  nextAt: now,
  lastTriedAt: null,
  lastStatus: null,
  lastError: null,
  createdAt: now,
})
