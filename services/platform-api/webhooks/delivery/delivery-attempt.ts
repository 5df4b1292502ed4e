import { BatchQueue, type Logger } from '@chat/service'
import type { WebhookParts } from '../parts.ts'
import { jittered } from '../times.ts'
import type { WebhookDoc } from '../webhook-store.ts'
import {
  type DeliveryDoc,
  type DeliveryState,
  type DeliveryStore,
  MAX_HOLDING_TRIES,
  type TryResult,
} from './delivery-store.ts'
import type { EndpointAnswer } from './http-sender.ts'
import { signedHeaders } from './signature.ts'

/** `later`: tried again. `refused`: failed for good. `gone`: the endpoint wants no more deliveries at all. */
type Verdict = 'delivered' | 'later' | 'refused' | 'gone'
/** `interrupted` does not count as a try. `retryAfterMs` is 0 unless the endpoint asks for a pause. */
export type Attempt = { verdict: Verdict | 'interrupted'; retryAfterMs: number }
type Parts = WebhookParts & {
  outcomes: OutcomeQueue
  /** Rooms whose first delivery waits for its next try, and when that is. */
  heldRooms: Map<string, Date>
  signal: AbortSignal
}

type Outcome = { delivery: DeliveryDoc; state: DeliveryState; result: TryResult }
export type OutcomeQueue = BatchQueue<Outcome>

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
  if (signal.aborted && answer.status === undefined) return { verdict: 'interrupted', retryAfterMs: 0 }
  const verdict = verdictOf(answer)
  const { status: lastStatus = null, error: lastError = null, retryAfterMs } = answer
  const attempt = { verdict, retryAfterMs: Math.min(retryAfterMs ?? 0, times.maxRetryAfter) }
  metrics.webhooks.inc({ outcome: verdict })
  await storeAttempt(parts, delivery, attempt, { lastTriedAt: new Date(), lastStatus, lastError })
  return attempt
}

/** No answer, 408, 429 and 5xx may pass; any other failure is final. */
function verdictOf({ status, error }: EndpointAnswer): Verdict {
  if (status === undefined) return error === 'PRIVATE_ADDRESS' ? 'refused' : 'later'
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

/** Stores how deliveries ended, those with the same outcome in one write. One that is not stored is sent again. */
export const openOutcomeQueue = (deliveries: DeliveryStore, logger: Logger): OutcomeQueue =>
  new BatchQueue({
    run: (outcomes) => storeOutcomes(deliveries, outcomes),
    failed: (err) => logger.warn({ err }, 'outcomes of deliveries not stored: they will be sent again'),
  })

async function storeOutcomes(deliveries: DeliveryStore, outcomes: Outcome[]) {
  const groups = Map.groupBy(outcomes, ({ delivery: { replayedAt }, state, result }) =>
    JSON.stringify([replayedAt ?? null, state, result.lastStatus, result.lastError]),
  )
  const writes = [...groups.values()].map((group) => {
    const { delivery, state, result } = group.at(-1) as Outcome
    const ids = group.map(({ delivery }) => delivery._id)
    return deliveries.finish(ids, delivery.replayedAt ?? null, state, result)
  })
  await Promise.all(writes)
}
