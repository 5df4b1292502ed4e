import { Fault, type PersonalRecords } from '@chat/contract'
import { awaitHandled, type Bus } from '@chat/service'
import type { Deliveries } from './delivery-store.ts'
import { DURABLE } from './following.ts'
import { toldWithout } from './occurrences.ts'

const PAGE = 100
const HANDLED_MS = 20_000

type Parts = { deliveries: Deliveries; bus: Bus }

/** What webhooks keep of a person. */
export class Erasing {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /**
   * The stream is clean by now; what was taken from it before is waited for, since it becomes deliveries too.
   * @throws SERVICE_UNAVAILABLE where that takes too long
   */
  async erase(userId: string): Promise<void> {
    const { deliveries, bus } = this.parts
    if (!(await awaitHandled({ bus, durable: DURABLE }, HANDLED_MS))) throw new Fault('SERVICE_UNAVAILABLE')
    for await (const doc of this.naming(userId))
      await deliveries.forget(doc, toldWithout(doc, userId)?.data ?? null, userId)
  }

  async *collect(userId: string): AsyncGenerator<PersonalRecords['records'][number]> {
    for await (const { webhookId, eventId, type, at, data } of this.naming(userId))
      yield { kind: 'webhookDelivery', value: { webhookId, eventId, type, at, data } }
  }

  private async *naming(userId: string) {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await this.parts.deliveries.naming(userId, after, PAGE)
      yield* page
      after = page.length === PAGE ? page.at(-1)?._id : undefined
    }
  }
}
