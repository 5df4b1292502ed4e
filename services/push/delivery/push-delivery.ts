import { setTimeout as delay } from 'node:timers/promises'
import type { Logger, Metrics } from '@chat/service'
import type { Device, DeviceStore } from '../devices/device-store.ts'
import type { Content, Outcome, Sender } from '../senders/sender.ts'
import type { ReceiptStore } from './receipt-store.ts'

export type Addressed = { device: Device; content: Content }
export type Undelivered<P> = { push: P; reason: string }
type Answered<P> = { push: P; outcome: Outcome }

/** Of one call of the push service. */
const CHUNK = 50
const CHUNKS_AT_ONCE = 4
/** What is on its way at a time, and so what a sudden death may send twice. */
export const MOST_AT_ONCE = CHUNK * CHUNKS_AT_ONCE

type Parts = {
  sender: Sender
  store: DeviceStore
  receipts: ReceiptStore
  logger: Logger
  metrics: Metrics
}

/**
 * Gets pushes to devices. Each answer is written down before anything else is done: what is tried again goes to the
 * devices that have not had it. First sent, then written: a death in between sends twice, and never not at all.
 */
export class PushDelivery {
  private readonly parts: Parts
  private readonly closing = Promise.withResolvers<'closing'>()
  private isClosing = false
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** What is still unanswered is left to whoever tries next. */
  close() {
    this.isClosing = true
    this.closing.resolve('closing')
  }

  /**
   * Once, and again after each of these delays for as long as something may get there later; where it must be decided
   * anew before it is tried again, there are none. @returns what may get there still later
   */
  async deliver<P extends Addressed>(pushes: P[], delaysMs: number[] = []): Promise<Undelivered<P>[]> {
    let failures = await this.attempt(pushes)
    for (const delayMs of delaysMs) {
      if (failures.length === 0 || this.isClosing) break
      // Those who were refused together do not come back together.
      await Promise.race([delay(delayMs * (0.75 + Math.random() / 2)), this.closing.promise])
      failures = await this.attempt(failures.map(({ push }) => push))
    }
    return failures
  }

  private async attempt<P extends Addressed>(pushes: P[]): Promise<Undelivered<P>[]> {
    const failures: Undelivered<P>[] = []
    let start = 0
    const work = async () => {
      while (start < pushes.length) {
        start += CHUNK
        failures.push(...(await this.send(pushes.slice(start - CHUNK, start))))
      }
    }
    await Promise.all(Array.from({ length: CHUNKS_AT_ONCE }, work))
    return failures
  }

  private async send<P extends Addressed>(chunk: P[]): Promise<Undelivered<P>[]> {
    const due = await this.due(chunk)
    if (due.length === 0) return []
    const since = new Date()
    const outcomes = await this.answers(due)
    const answered = due.map((push, index) => ({ push, outcome: outcomes[index] as Outcome }))
    await this.settle(answered, since)
    return answered.flatMap(({ push, outcome }) =>
      outcome.result === 'later' ? { push, reason: outcome.reason } : [],
    )
  }

  /** Whom the devices belong to at this moment counts, and what they have had. */
  private async due<P extends Addressed>(chunk: P[]): Promise<P[]> {
    const { store, receipts } = this.parts
    const messageIds = [...new Set(chunk.flatMap(({ content }) => messageIdOf(content) ?? []))]
    const [owners, had] = await Promise.all([
      store.ownersOf(chunk.map(({ device }) => device._id)),
      receipts.of(messageIds),
    ])
    return chunk.filter(({ device: { _id, userId }, content }) => {
      const isHad = had.get(messageIdOf(content) ?? '')?.has(_id) ?? false
      return owners.get(_id) === userId && !isHad
    })
  }

  private async answers(due: Addressed[]): Promise<Outcome[]> {
    const { sender } = this.parts
    const failed = (reason: string) => due.map((): Outcome => ({ result: 'later', reason }))
    const sending = sender
      .send(due.map(({ device: { token, platform }, content }) => ({ token, platform, content })))
      .catch((error) => failed(String(error)))
    const outcomes = await Promise.race([sending, this.closing.promise])
    return outcomes === 'closing' ? failed(outcomes) : outcomes
  }

  private async settle(answered: Answered<Addressed>[], since: Date) {
    const { store, receipts, logger, metrics } = this.parts
    const having = (...results: Outcome['result'][]) =>
      answered.filter(({ outcome }) => results.includes(outcome.result)).map(({ push }) => push)
    const ids = (pushes: Addressed[]) => pushes.map(({ device }) => device._id)
    await receipts.record(having('sent', 'refused').flatMap(receiptOf))
    for (const { push, outcome } of answered) count(metrics, push, outcome)
    this.tell(answered, 'refused')
    this.tell(answered, 'later')
    const sent = having('sent')
    const keeping = await Promise.allSettled([
      store.removeDead(ids(having('gone')), since),
      store.setBadged(ids(sent.filter(({ content }) => content.badge > 0)), true),
      store.setBadged(ids(sent.filter(({ content }) => content.badge === 0)), false),
    ])
    for (const outcome of keeping)
      if (outcome.status === 'rejected')
        logger.warn({ err: outcome.reason }, 'devices not brought up to date')
  }

  private tell(answered: Answered<Addressed>[], result: 'refused' | 'later') {
    const those = answered.filter(({ outcome }) => outcome.result === result)
    const [first] = those
    if (first) this.parts.logger.warn({ outcome: first.outcome, pushes: those.length }, 'pushes not taken')
  }
}

const messageIdOf = (content: Content) => (content.kind === 'message' ? content.messageId : null)

const receiptOf = ({ device, content }: Addressed) =>
  content.kind === 'message' ? [{ messageId: content.messageId, deviceId: device._id }] : []

const count = (metrics: Metrics, { device }: Addressed, { result }: Outcome) =>
  metrics.pushes.inc({ platform: device.platform, outcome: result })
