import { setTimeout as delay } from 'node:timers/promises'
import { type Logger, type Metrics, Periodic } from '@chat/service'
import type { Times } from '../times.ts'
import type { WebhookDoc, WebhookStore } from '../webhook-store.ts'
import { HELD_TRIES } from './delivery-attempt.ts'
import { DeliveryRound } from './delivery-round.ts'
import type { DeliveryStore } from './delivery-store.ts'
import type { Sender } from './http-sender.ts'

/** How long what is on its way may still be answered. */
const CLOSE_MS = 3_000

export type DeliveringParts = {
  webhooks: WebhookStore
  deliveries: DeliveryStore
  sender: Sender
  times: Times
  logger: Logger
  metrics: Metrics
}

/**
 * Sends what is due. Each webhook is one instance's at a time, for as long as it has something to send, so that the
 * order and the number at once hold for all of them; a slow one keeps nobody else waiting.
 */
export class Dispatcher {
  private readonly parts: DeliveringParts
  private readonly periodic: Periodic
  private readonly rounds = new Map<string, { round: DeliveryRound; running: Promise<void> }>()
  private readonly closing = new AbortController()
  private looking: Promise<void> | null = null
  private isWanted = false

  constructor(parts: DeliveringParts) {
    this.parts = parts
    this.periodic = new Periodic(
      parts.times.look,
      async () => this.look(),
      () => {},
    )
  }

  /** What is on its way is answered or given up, and written down; what waits is left to others. */
  async close() {
    this.closing.abort()
    await this.periodic.close()
    await this.looking
    for (const { round } of this.rounds.values()) round.wake()
    const ended = Promise.allSettled([...this.rounds.values()].map(({ running }) => running))
    await Promise.race([ended, delay(CLOSE_MS, null, { ref: false })])
    this.parts.sender.close()
    await ended
  }

  /** Something is due. */
  look = () => {
    this.isWanted = true
    for (const { round } of this.rounds.values()) round.wake()
    this.looking ??= this.claimAll()
      .catch((err) => this.parts.logger.warn({ err }, 'webhooks not looked for, will try again'))
      .finally(() => {
        this.looking = null
      })
  }

  private async claimAll() {
    while (this.isWanted && !this.closing.signal.aborted) {
      this.isWanted = false
      for (const id of await this.parts.webhooks.claimable()) {
        if (!this.rounds.has(id)) await this.claim(id)
      }
    }
  }

  private async claim(id: string) {
    const { webhooks, deliveries, times, logger } = this.parts
    const claim = crypto.randomUUID()
    const webhook: WebhookDoc | null = await webhooks.claim(id, claim, new Date(Date.now() + times.held))
    if (!webhook) return
    // Another instance may have worked for it before, or one that has died.
    const held = await deliveries.heldRooms(id, HELD_TRIES)
    const round = new DeliveryRound(this.parts, { webhook, claim, held, closing: this.closing.signal })
    const running = round
      .run()
      .catch((err) => logger.warn({ err, webhookId: id }, 'webhook not worked for, will try again'))
      .finally(() => {
        this.rounds.delete(id)
        // Something may have come just as it ended.
        this.look()
      })
    this.rounds.set(id, { round, running })
  }
}
