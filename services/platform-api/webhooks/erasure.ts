import { type Caller, type Erased, Fault, type PersonalRecords } from '@chat/contract'
import { awaitHandled, type Bus, erasedMentions } from '@chat/service'
import type { DeliveryDoc, DeliveryStore } from './delivery/delivery-store.ts'
import { DURABLE } from './events/event-consumer.ts'
import { toldWithout } from './events/webhook-event.ts'

const PAGE = 100
const HANDLED_MS = 20_000

type Parts = { deliveries: DeliveryStore; bus: Bus }

/** What webhooks keep of a person. */
export class WebhookErasure {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /**
   * The stream is clean by now; what was taken from it before is waited for, since it becomes deliveries too.
   * @throws SERVICE_UNAVAILABLE where that takes too long
   */
  async erase(caller: Caller, erased: Erased): Promise<void> {
    const { deliveries, bus } = this.parts
    if (!(await awaitHandled({ bus, durable: DURABLE }, HANDLED_MS))) throw new Fault('SERVICE_UNAVAILABLE')
    for await (const doc of this.naming(erased.userId)) await this.forget(doc, erased)
    for await (const messageIds of erasedMentions(bus, caller, { userId: erased.userId })) {
      const mentionedIn = new Set(messageIds)
      for (const doc of await deliveries.quoting(messageIds))
        await this.forget(doc, { ...erased, mentionedIn })
    }
  }

  async *collect(userId: string): AsyncGenerator<PersonalRecords['records'][number]> {
    for await (const { webhookId, eventId, type, at, data } of this.naming(userId))
      yield { kind: 'webhookDelivery', value: { webhookId, eventId, type, at, data } }
  }

  private forget(doc: DeliveryDoc, erased: Erased) {
    return this.parts.deliveries.forget(doc, toldWithout(doc, erased)?.data ?? null, erased.userId)
  }

  private async *naming(userId: string) {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await this.parts.deliveries.naming(userId, after, PAGE)
      yield* page
      after = page.length === PAGE ? page.at(-1)?._id : undefined
    }
  }
}
