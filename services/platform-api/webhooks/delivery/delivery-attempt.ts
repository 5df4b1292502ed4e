import type { Metrics } from '@chat/service'
import { jittered, type Times } from '../times.ts'
import type { WebhookDoc } from '../webhook-store.ts'
import type { DeliveryDoc, TryResult } from './delivery-doc.ts'
import type { DeliveryStore } from './delivery-store.ts'
import type { EndpointAnswer, HttpSender } from './http-sender.ts'
import type { OutcomeQueue } from './outcome-queue.ts'
import { signedHeaders } from './signature.ts'

/** A delivery that has failed more often no longer holds back the later ones of its room. */
export const MAX_HOLDING_TRIES = 5

/** `later`: tried again. `refused`: failed for good. `gone`: the endpoint wants no more deliveries at all. */
export type Verdict = 'delivered' | 'later' | 'refused' | 'gone'
/** `interrupted` does not count as a try. `retryAfterMs` is 0 unless the endpoint asks for a pause. */
export type Attempt = { verdict: Verdict | 'interrupted'; retryAfterMs: number }
type Parts = {
  deliveries: DeliveryStore
  outcomes: OutcomeQueue
  sender: HttpSender
  times: Times
  metrics: Metrics
  /** Rooms whose first delivery waits for its next try, and when that is. */
  heldRooms: Map<string, Date>
  signal: AbortSignal
}

/** Sends one delivery and stores or queues how it went. */
export async function attemptDelivery(
  parts: Parts,
  webhook: WebhookDoc,
  delivery: DeliveryDoc,
): Promise<Attempt> {
  const { sender, metrics, times, signal } = parts
  const { type, at: timestamp, data, eventId } = delivery
  const body = JSON.stringify({ type, timestamp, data })
  const headers = signedHeaders(eventId, body, webhook.secrets)
  const answer = await sender.send({ url: webhook.url, headers, body })
  // This process gave up, not the endpoint.
  if (signal.aborted && 'error' in answer) return { verdict: 'interrupted', retryAfterMs: 0 }
  const verdict = verdictOf(answer)
  const wantedMs = 'error' in answer ? 0 : (answer.retryAfterMs ?? 0)
  const attempt = { verdict, retryAfterMs: Math.min(wantedMs, times.maxRetryAfter) }
  metrics.webhooks.inc({ outcome: verdict })
  const lastStatus = 'error' in answer ? null : answer.status
  const lastError = 'error' in answer ? answer.error : null
  await storeAttempt(parts, delivery, attempt, { lastTriedAt: new Date(), lastStatus, lastError })
  return attempt
}

/** No answer, 408, 429 and 5xx may pass; any other failure is final. */
function verdictOf(answer: EndpointAnswer): Verdict {
  if ('error' in answer) return answer.error === 'PRIVATE_ADDRESS' ? 'refused' : 'later'
  const { status } = answer
  if (status >= 200 && status < 300) return 'delivered'
  if (status === 410) return 'gone'
  return status === 408 || status === 429 || status >= 500 ? 'later' : 'refused'
}

async function storeAttempt(
  { outcomes, times, deliveries, heldRooms }: Parts,
  delivery: DeliveryDoc,
  { verdict, retryAfterMs }: Attempt,
  result: TryResult,
) {
  const { webhookId, roomId, tries, since } = delivery
  if (verdict === 'delivered') return outcomes.add({ delivery, state: 'DELIVERED', result })
  const { delays, giveUp } = times
  const delayMs = jittered(delays[Math.min(tries, delays.length - 1)] ?? 0)
  const nextAt = new Date(Date.now() + Math.max(delayMs, retryAfterMs))
  if (verdict !== 'later' || nextAt.getTime() > since.getTime() + giveUp)
    return outcomes.add({ delivery, state: 'FAILED', result })
  const isPostponed = await deliveries.postpone(delivery, nextAt, result)
  if (!isPostponed || tries >= MAX_HOLDING_TRIES) return
  heldRooms.set(roomId, nextAt)
  await deliveries.holdRoom(webhookId, roomId, nextAt)
}
