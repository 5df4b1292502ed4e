import type { Logger } from '@chat/service'
import { jittered, type Times } from '../times.ts'
import type { Reason, WebhookDoc, WebhookStore } from '../webhook-store.ts'

/** After so many failures in a row a receiver is left alone for a while. */
const MOST_IN_A_ROW = 10

type Parts = { webhooks: WebhookStore; times: Times; logger: Logger }
type State = Pick<WebhookDoc, '_id' | 'failures' | 'failingSince'>

/** Whether anything gets to a receiver, and what follows if not. */
export class EndpointHealth {
  private readonly parts: Parts
  private readonly id: string
  private failures: number
  private failingSince: Date | null
  private inARow = 0
  /** For how long the receiver is to be left alone, in ms; null where it is not. */
  pauseMs: number | null = null
  isDisabled = false

  constructor(parts: Parts, { _id, failures, failingSince }: State) {
    this.parts = parts
    this.id = _id
    this.failures = failures
    this.failingSince = failingSince
  }

  /** Nothing got there the last times: one goes ahead of all others. */
  get isProbing() {
    return this.failures > 0
  }

  async delivered() {
    this.inARow = 0
    if (this.failingSince) await this.set(0, null)
  }

  /** Nothing that may get there later. */
  async refused() {
    const since = this.failingSince ?? new Date()
    if (since.getTime() + this.parts.times.disable <= Date.now()) return this.disable('FAILING')
    if (!this.failingSince) await this.set(this.failures, since)
  }

  /** @param wishMs for how long the receiver itself wants to be left alone */
  async failed(wishMs: number) {
    await this.refused()
    const isWaiting = this.pauseMs !== null
    this.inARow++
    if (wishMs > 0) this.pauseMs = Math.max(this.pauseMs ?? 0, wishMs)
    if (isWaiting || this.isDisabled || !(this.isProbing || this.inARow >= MOST_IN_A_ROW)) return
    const { pause, longestPause } = this.parts.times
    this.pauseMs = Math.max(jittered(Math.min(pause * 2 ** this.failures, longestPause)), wishMs)
    await this.set(this.failures + 1, this.failingSince)
  }

  async disable(disabledBecause: Reason) {
    const { webhooks, logger } = this.parts
    this.isDisabled = true
    await webhooks.change(this.id, { disabledBecause })
    logger.error({ webhookId: this.id, disabledBecause, failingSince: this.failingSince }, 'webhook disabled')
  }

  private async set(failures: number, failingSince: Date | null) {
    Object.assign(this, { failures, failingSince })
    await this.parts.webhooks.setHealth(this.id, { failures, failingSince })
  }
}
