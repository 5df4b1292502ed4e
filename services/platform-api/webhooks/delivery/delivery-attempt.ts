import type { Metrics } from '@chat/service'
import { jittered, type Times } from '../times.ts'
import type { WebhookDoc } from '../webhook-store.ts'
import type { DeliveryDoc, DeliveryStore, Tried } from './delivery-store.ts'
import type { Answer, Sender } from './http-sender.ts'
import type { OutcomeQueue } from './outcome-queue.ts'
import { signedHeaders } from './signature.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** So often one that fails keeps back what comes after it in its room; then the others pass it. */
export const HELD_TRIES = 5

/** Rooms whose first delivery has to be tried again, and when. */
export type Held = Map<string, Date>
/** `wishMs`: for how long the receiver wants to be left alone. */
export type Result = { verdict: Verdict | 'interrupted'; wishMs: number }
type Parts = {
  deliveries: DeliveryStore
  outcomes: OutcomeQueue
  sender: Sender
  times: Times
  metrics: Metrics
  held: Held
  closing: AbortSignal
}

/** Sends one delivery and writes down what became of it. */
export async function postDelivery(
  parts: Parts,
  webhook: WebhookDoc,
  delivery: DeliveryDoc,
): Promise<Result> {
  const { sender, metrics, times, closing } = parts
  const { type, at: timestamp, data, eventId } = delivery
  const body = JSON.stringify({ type, timestamp, data })
  const headers = signedHeaders(eventId, body, webhook.secrets)
  const answer = await sender.send({ url: webhook.url, headers, body })
  // Given up here, and not by the receiver: it is sent again as if it had not been.
  if (closing.aborted && 'error' in answer) return { verdict: 'interrupted', wishMs: 0 }
  const verdict = verdictOf(answer)
  const wishMs = 'error' in answer ? 0 : Math.min(answer.retryAfterMs ?? 0, times.longestWish)
  metrics.webhooks.inc({ outcome: verdict })
  await note(parts, delivery, { tried: triedBy(answer), verdict, wishMs })
  return { verdict, wishMs }
}

const triedBy = (answer: Answer): Tried => ({
  lastTriedAt: new Date(),
  lastStatus: 'error' in answer ? null : answer.status,
  lastError: 'error' in answer ? answer.error : null,
})

type Outcome = { tried: Tried; verdict: Verdict; wishMs: number }

async function note(
  { outcomes, times, deliveries, held }: Parts,
  delivery: DeliveryDoc,
  { tried, verdict, wishMs }: Outcome,
) {
  if (verdict === 'delivered') return outcomes.finish(delivery, 'DELIVERED', tried)
  const { webhookId, roomId, tries, since } = delivery
  const nextAt = new Date(Date.now() + Math.max(delayAfter(tries, times), wishMs))
  if (verdict !== 'later' || nextAt.getTime() > since.getTime() + times.giveUp)
    return outcomes.finish(delivery, 'FAILED', tried)
  const isLater = await deliveries.postpone(delivery, nextAt, tried)
  if (!isLater || tries >= HELD_TRIES) return
  held.set(roomId, nextAt)
  await deliveries.hold(webhookId, roomId, nextAt)
}

const delayAfter = (tries: number, { delays }: Times) =>
  jittered(delays[Math.min(tries, delays.length - 1)] ?? 0)
