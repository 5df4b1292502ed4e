import { setTimeout as delay } from 'node:timers/promises'
import type { WebhookParts } from '../parts.ts'
import type { WebhookDoc } from '../webhook-store.ts'
import { type Attempt, attemptDelivery, type OutcomeQueue, openOutcomeQueue } from './delivery-attempt.ts'
import type { DeliveryDoc, DueDelivery } from './delivery-store.ts'
import { EndpointHealth } from './endpoint-health.ts'

const PAGE = 100
const MAX_ROOMS_AT_ONCE = 10
const READ_AT_ONCE = 20
/** A delivery that was read longer ago is read again before it is sent. */
const FRESH_MS = 1_000

/** Sends what is due for one webhook while this process has its lease: one delivery after the other in each room. */
export class DeliveryRound {
  private readonly parts: WebhookParts
  private readonly signal: AbortSignal
  private readonly outcomes: OutcomeQueue
  private readonly health: EndpointHealth
  private readonly sending = new Map<string, Promise<void>>()
  private due = new Map<string, DueDelivery[]>()
  private heldRooms = new Map<string, Date>()
  private webhook: WebhookDoc
  /** As it was at the last failure: the pause is not for an endpoint that was changed since. */
  private failedWebhook: WebhookDoc
  private isEnded = false
  private woken = Promise.withResolvers<void>()

  /** @param signal aborts when the lease is lost or the process stops */
  constructor(parts: WebhookParts, webhook: WebhookDoc, signal: AbortSignal) {
    this.parts = parts
    this.signal = signal
    this.webhook = webhook
    this.failedWebhook = webhook
    this.outcomes = openOutcomeQueue(parts.deliveries, parts.logger)
    this.health = new EndpointHealth(parts, webhook)
    signal.addEventListener('abort', () => this.wake())
  }

  wake() {
    this.woken.resolve()
  }

  /** @returns when the next delivery is due; null when none waits */
  async run(): Promise<Date | null> {
    const { webhooks, deliveries } = this.parts
    const { _id } = this.webhook
    this.heldRooms = await deliveries.heldRooms(_id)
    try {
      for (; !this.isOver; await this.refresh()) {
        await this.sendDue()
        if (this.sending.size === 0) break
        await this.change()
      }
      await Promise.all(this.sending.values())
    } catch (error) {
      // Another instance may soon claim the webhook.
      this.isEnded = true
      await Promise.allSettled(this.sending.values())
      throw error
    } finally {
      await this.outcomes.idle()
    }
    const { pauseMs } = this.health
    if (pauseMs !== null) await webhooks.pause(this.failedWebhook, new Date(Date.now() + pauseMs))
    return deliveries.nextDue(_id)
  }

  private get isOver() {
    const { isDisabled, pauseMs } = this.health
    return this.isEnded || isDisabled || pauseMs !== null || this.signal.aborted
  }

  /** Resolves when a room is done or something may be due. */
  private async change() {
    const poll = delay(this.parts.times.poll, undefined, { ref: false })
    await Promise.race([...this.sending.values(), this.woken.promise, poll])
    this.woken = Promise.withResolvers()
  }

  private async sendDue() {
    const { isProbing } = this.health
    while (this.sending.size < (isProbing ? 1 : MAX_ROOMS_AT_ONCE)) {
      if (this.due.size === 0)
        this.due = Map.groupBy(await this.readDue(isProbing ? 1 : PAGE), ({ roomId }) => roomId)
      const [first] = this.due
      if (!first) return
      const [roomId, deliveries] = first
      this.due.delete(roomId)
      const sending = this.sendRoom(deliveries).finally(() => this.sending.delete(roomId))
      // `run` awaits it later.
      sending.catch(() => {})
      this.sending.set(roomId, sending)
    }
  }

  /** Without rooms that are being sent, or whose first delivery waits for its next try. */
  private async readDue(limit: number): Promise<DueDelivery[]> {
    const { heldRooms } = this
    const { deliveries } = this.parts
    for (;;) {
      const now = new Date()
      for (const [roomId, until] of heldRooms) if (until <= now) heldRooms.delete(roomId)
      const page = await deliveries.due(this.webhook._id, [...this.sending.keys()], limit)
      const held = new Set(page.map(({ roomId }) => roomId)).intersection(heldRooms)
      if (held.size === 0) return page
      for (const id of held) await deliveries.holdRoom(this.webhook._id, id, heldRooms.get(id) as Date)
    }
  }

  private async sendRoom(due: DueDelivery[]) {
    const { outcomes } = this
    for await (const delivery of this.fresh(due.map(({ _id }) => _id))) {
      if (this.isOver) break
      const { webhook, heldRooms, signal } = this
      const attempt = await attemptDelivery({ ...this.parts, outcomes, heldRooms, signal }, webhook, delivery)
      await this.judge(attempt, webhook)
      if (attempt.verdict === 'later') break
    }
    // What is not stored yet would be found due again.
    await outcomes.idle()
  }

  /** Deliveries as they are stored now: their content may have been emptied or deleted since. */
  private async *fresh(ids: string[]): AsyncGenerator<DeliveryDoc> {
    let read: Map<string, DeliveryDoc> | null = null
    let readAt = 0
    for (const [index, id] of ids.entries()) {
      if (!read || index % READ_AT_ONCE === 0 || performance.now() - readAt > FRESH_MS) {
        read = await this.parts.deliveries.stillDue(ids.slice(index, index + READ_AT_ONCE))
        readAt = performance.now()
      }
      const delivery = read.get(id)
      if (delivery) yield delivery
    }
  }

  private async judge({ verdict, retryAfterMs }: Attempt, webhook: WebhookDoc) {
    if (verdict === 'later') this.failedWebhook = webhook
    if (verdict === 'delivered') await this.health.delivered()
    else if (verdict === 'refused') await this.health.refused()
    else if (verdict === 'later') await this.health.failed(retryAfterMs)
    else if (verdict === 'gone') await this.health.disable('GONE')
  }

  /** Takes over changes of the webhook, and ends the round of one that is disabled, deleted or another instance's. */
  private async refresh() {
    const webhook = await this.parts.webhooks.get(this.webhook._id)
    if (webhook && webhook.claim === this.webhook.claim && !webhook.disabledBecause) this.webhook = webhook
    else this.isEnded = true
  }
}
