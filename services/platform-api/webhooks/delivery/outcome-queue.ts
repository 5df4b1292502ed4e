import { BatchQueue, type Logger } from '@chat/service'
import type { DeliveryDoc, DeliveryState, TryResult } from './delivery-doc.ts'
import type { DeliveryStore } from './delivery-store.ts'

type Outcome = { delivery: DeliveryDoc; state: DeliveryState; result: TryResult }
export type OutcomeQueue = BatchQueue<Outcome>

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
