import { setTimeout as delay } from 'node:timers/promises'
import type { Logger, Metrics } from '@chat/service'
import { chunksOf } from '@chat/service'
import type { Device, Devices } from '../devices/devices.ts'
import type { Content, Outcome, Sender } from '../senders/sender.ts'
import type { ReceiptStore } from './receipt-store.ts'

type Addressed = { device: Device; content: Content }
type Undelivered<P> = { push: P; reason: string }
type Answered = { push: Addressed; outcome: Outcome }

const CHUNK = 50
const CHUNKS_AT_ONCE = 4
/** How many pushes are under way at a time: so many may be sent twice when the process dies. */
export const MOST_AT_ONCE = CHUNK * CHUNKS_AT_ONCE

type Parts = {
  sender: Sender
  devices: Devices
  receipts: ReceiptStore
  logger: Logger
  metrics: Metrics
}

/** Sends pushes and then records the answers: a process that dies in between sends a push twice, and loses none. */
export class PushDelivery {
  private readonly parts: Parts
  private readonly closing = Promise.withResolvers<'closing'>()
  private isClosing = false

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Ends the wait for answers: unanswered pushes count as not delivered. */
  close() {
    this.isClosing = true
    this.closing.resolve('closing')
  }

  /** Sends, and retries after each of these delays. @returns the pushes that a later try may deliver */
  async deliver<P extends Addressed>(pushes: Iterable<P>, delaysMs: number[] = []) {
    let failures = await this.attempt(pushes)
    for (const delayMs of delaysMs) {
      if (failures.length === 0 || this.isClosing) break
      // Jitter: pushes that were refused together are not sent together again.
      await Promise.race([delay(delayMs * (0.75 + Math.random() / 2)), this.closing.promise])
      failures = await this.attempt(failures.map(({ push }) => push))
    }
    return failures
  }

  private async attempt<P extends Addressed>(pushes: Iterable<P>): Promise<Undelivered<P>[]> {
    const failures: Undelivered<P>[] = []
    const chunks = chunksOf(pushes, CHUNK)
    const work = async () => {
      for (const chunk of chunks) failures.push(...(await this.send(chunk)))
    }
    await Promise.all(Array.from({ length: CHUNKS_AT_ONCE }, work))
    return failures
  }

  private async send<P extends Addressed>(chunk: P[]): Promise<Undelivered<P>[]> {
    const due = await this.due(chunk)
    if (due.length === 0) return []
    const since = new Date()
    const outcomes = await this.ask(due)
    const answered = due.map((push, index) => ({ push, outcome: outcomes[index] as Outcome }))
    await this.record(answered, since)
    return answered.flatMap(({ push, outcome }) =>
      outcome.result === 'later' ? { push, reason: outcome.reason } : [],
    )
  }

  /** Skips pushes whose device has another owner by now, is gone, or has them already. */
  private async due<P extends Addressed>(chunk: P[]): Promise<P[]> {
    const { devices, receipts } = this.parts
    const messageIds = [...new Set(chunk.flatMap(({ content }) => messageIdOf(content) ?? []))]
    const [owners, received] = await Promise.all([
      devices.ownersOf(chunk.map(({ device }) => device._id)),
      receipts.of(messageIds),
    ])
    return chunk.filter(({ device: { _id, userId }, content }) => {
      const hasReceived = received.get(messageIdOf(content) ?? '')?.has(_id) ?? false
      return owners.get(_id) === userId && !hasReceived
    })
  }

  private async ask(due: Addressed[]): Promise<Outcome[]> {
    const pushes = due.map(({ device: { token, platform }, content }) => ({ token, platform, content }))
    const failed = (reason: string) => due.map((): Outcome => ({ result: 'later', reason }))
    const sending = this.parts.sender.send(pushes).catch((error) => failed(String(error)))
    const outcomes = await Promise.race([sending, this.closing.promise])
    return outcomes === 'closing' ? failed(outcomes) : outcomes
  }

  private async record(answered: Answered[], since: Date) {
    const { devices, receipts, logger, metrics } = this.parts
    const { sent = [], gone = [], refused = [], later = [] } = Object.groupBy(answered, resultOf)
    await receipts.record([...sent, ...refused].flatMap(receiptOf))
    for (const { push, outcome } of answered)
      metrics.pushes.inc({ platform: push.device.platform, outcome: outcome.result })
    for (const failed of [refused, later])
      if (failed[0])
        logger.warn({ outcome: failed[0].outcome, pushes: failed.length }, 'the push service refused pushes')
    const kindOf = ({ push }: Answered) => (push.content.badge > 0 ? 'badged' : 'cleared')
    const { badged = [], cleared = [] } = Object.groupBy(sent, kindOf)
    await Promise.all([
      devices.removeDead(gone.map(deviceIdOf), since),
      devices.setBadged(badged.map(deviceIdOf), true),
      devices.setBadged(cleared.map(deviceIdOf), false),
    ]).catch((err) => logger.warn({ err }, 'devices not updated'))
  }
}

const deviceIdOf = ({ push }: Answered) => push.device._id
const resultOf = ({ outcome }: Answered) => outcome.result
const messageIdOf = (content: Content) => (content.kind === 'message' ? content.messageId : null)

const receiptOf = ({ push: { device, content } }: Answered) =>
  content.kind === 'message' ? [{ messageId: content.messageId, deviceId: device._id }] : []
