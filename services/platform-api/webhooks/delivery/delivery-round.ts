import { setTimeout as delay } from 'node:timers/promises'
import type { WebhookDoc } from '../webhook-store.ts'
import { type Held, postDelivery, type Result } from './delivery-attempt.ts'
import type { DeliveryDoc, DueDelivery } from './delivery-store.ts'
import type { DeliveringParts } from './dispatcher.ts'
import { EndpointHealth } from './endpoint-health.ts'
import { OutcomeQueue } from './outcome-queue.ts'

const PAGE = 100
/** Rooms of which something is on its way to one receiver at a time. */
const AT_ONCE = 10
const READ_AT_ONCE = 20
/** What was read longer ago is read again before it is sent. */
const FRESH_MS = 1_000

type Task = { webhook: WebhookDoc; claim: string; held: Held; closing: AbortSignal }

/** What is due for one webhook, for as long as it is ours: of each room one delivery after the other. */
export class DeliveryRound {
  private readonly parts: DeliveringParts
  private readonly task: Task
  private readonly outcomes: OutcomeQueue
  private readonly health: EndpointHealth
  /** By the room whose deliveries are on their way. */
  private readonly lanes = new Map<string, Promise<void>>()
  /** Found due and not begun yet, by room. */
  private ready = new Map<string, DueDelivery[]>()
  private webhook: WebhookDoc
  /** As it was when a delivery last failed: one that is changed since then need not be left alone. */
  private failedAs: WebhookDoc
  private isLost = false
  private woken = Promise.withResolvers<void>()

  constructor(parts: DeliveringParts, task: Task) {
    this.parts = parts
    this.task = task
    this.webhook = task.webhook
    this.failedAs = task.webhook
    this.outcomes = new OutcomeQueue(parts.deliveries, parts.logger)
    this.health = new EndpointHealth(parts, task.webhook)
  }

  /** Something is due. */
  wake() {
    this.woken.resolve()
  }

  async run(): Promise<void> {
    const holding = setInterval(() => void this.hold(), this.parts.times.held / 3)
    try {
      for (; !this.isOver; await this.refresh()) {
        await this.begin()
        if (this.lanes.size === 0) break
        await this.change()
      }
      await Promise.all(this.lanes.values())
    } catch (error) {
      // The webhook may soon be another's: lanes end at their next delivery.
      this.isLost = true
      await Promise.allSettled(this.lanes.values())
      throw error
    } finally {
      clearInterval(holding)
      await this.outcomes.written()
    }
    await this.release()
  }

  private get isOver() {
    const { isDisabled, pauseMs } = this.health
    return this.isLost || isDisabled || pauseMs !== null || this.task.closing.aborted
  }

  /** Resolves when a lane has ended, or something new may be due. */
  private async change() {
    const look = delay(this.parts.times.look, undefined, { ref: false })
    await Promise.race([...this.lanes.values(), this.woken.promise, look])
    this.woken = Promise.withResolvers()
  }

  /** Fills the lanes that are free. */
  private async begin() {
    while (this.lanes.size < (this.health.isProbing ? 1 : AT_ONCE)) {
      if (this.ready.size === 0)
        this.ready = Map.groupBy(await this.due(this.health.isProbing ? 1 : PAGE), ({ roomId }) => roomId)
      const [first] = this.ready
      if (!first) return
      const [roomId, deliveries] = first
      this.ready.delete(roomId)
      const lane = this.sendLane(deliveries).finally(() => this.lanes.delete(roomId))
      // Told by whoever waits for it.
      lane.catch(() => {})
      this.lanes.set(roomId, lane)
    }
  }

  /** Not of rooms in which something is on its way, or has to be tried again first. */
  private async due(limit: number): Promise<DueDelivery[]> {
    const { deliveries } = this.parts
    const { held } = this.task
    for (;;) {
      const page = await deliveries.due(this.webhook._id, [...this.lanes.keys()], limit)
      const late = new Set(page.map(({ roomId }) => roomId).filter((roomId) => held.has(roomId)))
      const now = new Date()
      for (const roomId of late) {
        const until = held.get(roomId) as Date
        if (until > now) await deliveries.hold(this.webhook._id, roomId, until)
        else held.delete(roomId)
      }
      if (![...late].some((roomId) => held.has(roomId))) return page
    }
  }

  private async sendLane(deliveries: DueDelivery[]) {
    const { outcomes } = this
    for await (const delivery of this.fresh(deliveries.map(({ _id }) => _id))) {
      if (this.isOver) break
      const { webhook } = this
      const result = await postDelivery({ ...this.parts, ...this.task, outcomes }, webhook, delivery)
      await this.judge(result, webhook)
      if (result.verdict === 'later') break
    }
    // What is not written down yet would be found due again.
    await outcomes.written()
  }

  /** As they are by now: something of them may have gone, or all. */
  private async *fresh(ids: string[]): AsyncGenerator<DeliveryDoc> {
    let read: Map<string, DeliveryDoc> | null = null
    let readAt = 0
    for (const [index, id] of ids.entries()) {
      if (!read || index % READ_AT_ONCE === 0 || performance.now() - readAt > FRESH_MS) {
        const some = ids.slice(index, index - (index % READ_AT_ONCE) + READ_AT_ONCE)
        read = await this.parts.deliveries.stillDue(some)
        readAt = performance.now()
      }
      const delivery = read.get(id)
      if (delivery) yield delivery
    }
  }

  private async judge({ verdict, wishMs }: Result, webhook: WebhookDoc) {
    if (verdict === 'later') this.failedAs = webhook
    if (verdict === 'delivered') await this.health.delivered()
    else if (verdict === 'refused') await this.health.refused()
    else if (verdict === 'later') await this.health.failed(wishMs)
    else if (verdict === 'gone') await this.health.disable('GONE')
  }

  /** What was changed meanwhile counts, and whether it is still ours. */
  private async refresh() {
    const webhook = await this.parts.webhooks.get(this.webhook._id)
    if (webhook && webhook.claim === this.task.claim && !webhook.disabledBecause) this.webhook = webhook
    else this.isLost = true
  }

  private async hold() {
    const { webhooks, times, logger } = this.parts
    await webhooks
      .hold(this.webhook._id, this.task.claim, new Date(Date.now() + times.held))
      .catch((err) => logger.warn({ err, webhookId: this.webhook._id }, 'webhook not held'))
  }

  private async release() {
    const { webhooks, deliveries } = this.parts
    const { _id, updatedAt } = this.failedAs
    await webhooks.release(
      { _id, claim: this.task.claim, updatedAt },
      {
        freeAt: new Date(Date.now() + (this.health.pauseMs ?? 0)),
        dueAt: await deliveries.nextDue(this.webhook._id),
      },
    )
  }
}
