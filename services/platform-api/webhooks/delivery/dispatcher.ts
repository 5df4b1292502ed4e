import { setTimeout as delay } from 'node:timers/promises'
import { eachJob, JobWorker, type Lease, type Reschedule } from '@chat/service'
import type { WebhookParts } from '../parts.ts'
import { MAX_WEBHOOKS, type WebhookDoc } from '../webhook-store.ts'
import { DeliveryRound } from './delivery-round.ts'

/** How long endpoints may still answer what is on its way. */
const CLOSE_MS = 3_000
/** A webhook without deliveries is looked at again after that, in case a process died in `wakeIfDue`. */
const IDLE_MS = 60_000

/** Sends due deliveries. One instance at a time has a webhook, so that order and limits hold over all instances. */
export class Dispatcher {
  private readonly parts: WebhookParts
  private readonly worker: JobWorker<WebhookDoc>
  private readonly rounds = new Set<DeliveryRound>()

  constructor(parts: WebhookParts) {
    this.parts = parts
    this.worker = new JobWorker({
      jobs: parts.webhooks.jobs,
      logger: parts.logger,
      run: eachJob((webhook, lease) => this.run(webhook, lease)),
      settled: ([webhook]) => this.wakeIfDue(webhook as WebhookDoc),
      pollMs: parts.times.poll,
      concurrency: MAX_WEBHOOKS,
    })
  }

  /** Deliveries on their way are answered or given up, and stored. Waiting ones are left to other instances. */
  async close() {
    const closed = this.worker.close()
    await Promise.race([closed, delay(CLOSE_MS, null, { ref: false })])
    this.parts.sender.close()
    await closed
  }

  wake = () => {
    for (const round of this.rounds) round.wake()
    this.worker.wake()
  }

  private async run(webhook: WebhookDoc, { signal }: Lease<WebhookDoc>): Promise<Reschedule<WebhookDoc>> {
    const round = new DeliveryRound(this.parts, webhook, signal)
    this.rounds.add(round)
    const nextDue = await round.run().finally(() => this.rounds.delete(round))
    return { dueAt: nextDue ?? new Date(Date.now() + IDLE_MS) }
  }

  /** A delivery that was added while the webhook was claimed has not made it due. */
  private async wakeIfDue({ _id }: WebhookDoc) {
    const { webhooks, deliveries } = this.parts
    const nextDue = await deliveries.nextDue(_id)
    if (nextDue === null || nextDue > new Date()) return
    await webhooks.makeDue([_id])
    this.worker.wake()
  }
}
