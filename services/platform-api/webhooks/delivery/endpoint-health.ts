import { exponential } from '@chat/service'
import type { WebhookParts } from '../parts.ts'
import { jittered } from '../times.ts'
import type { DisabledReason, WebhookDoc } from '../webhook-store.ts'

/** That many failures in a row begin a pause. */
const MAX_IN_A_ROW = 10

/** Whether an endpoint takes deliveries. One that does not is paused with backoff, and after days disabled. */
export class EndpointHealth {
  private readonly parts: WebhookParts
  private readonly webhookId: string
  private failures: number
  private failingSince: Date | null
  private inARow = 0
  /** How long to pause; null while deliveries go on. */
  pauseMs: number | null = null
  isDisabled = false

  constructor(parts: WebhookParts, { _id, failures, failingSince }: WebhookDoc) {
    this.parts = parts
    this.webhookId = _id
    this.failures = failures
    this.failingSince = failingSince
  }

  /** After a pause, a single delivery is tried first. */
  get isProbing() {
    return this.failures > 0
  }

  async delivered() {
    this.inARow = 0
    if (this.failingSince) await this.set(0, null)
  }

  /** A final failure: the endpoint is there, and needs no pause. */
  async refused() {
    const since = this.failingSince ?? new Date()
    if (since.getTime() + this.parts.times.disable <= Date.now()) return this.disable('FAILING')
    if (!this.failingSince) await this.set(this.failures, since)
  }

  /** A failure that may pass. @param retryAfterMs the pause that the endpoint asks for, or 0 */
  async failed(retryAfterMs: number) {
    await this.refused()
    const isPaused = this.pauseMs !== null
    this.inARow++
    if (retryAfterMs > 0) this.pauseMs = Math.max(this.pauseMs ?? 0, retryAfterMs)
    if (isPaused || this.isDisabled || !(this.isProbing || this.inARow >= MAX_IN_A_ROW)) return
    const { pause, maxPause } = this.parts.times
    const backoff = exponential({ firstMs: pause, maxMs: maxPause })
    this.pauseMs = Math.max(jittered(backoff(this.failures + 1) ?? 0), retryAfterMs)
    await this.set(this.failures + 1, this.failingSince)
  }

  async disable(disabledBecause: DisabledReason) {
    const { webhooks, logger } = this.parts
    const { webhookId, failingSince } = this
    this.isDisabled = true
    await webhooks.update(webhookId, { disabledBecause })
    logger.error({ webhookId, disabledBecause, failingSince }, 'webhook disabled')
  }

  private async set(failures: number, failingSince: Date | null) {
    Object.assign(this, { failures, failingSince })
    await this.parts.webhooks.setHealth(this.webhookId, failures, failingSince)
  }
}
