import { type Caller, type Erased, Fault, type PersonalRecords } from '@chat/contract'
import { awaitHandled, type Bus, erasedMentions } from '@chat/service'
import { namingUser, quotingMessages, replaceContent } from './delivery/delivery-contents.ts'
import type { DeliveryDoc, DeliveryModel } from './delivery/delivery-doc.ts'
import type { DeliveryStore } from './delivery/delivery-store.ts'
import { DURABLE } from './events/event-consumer.ts'
import { withoutUser } from './events/webhook-event.ts'

const PAGE = 100
const HANDLED_MS = 20_000

type Parts = { deliveries: DeliveryStore; bus: Bus }

/**
 * Removes a user from stored deliveries. The stream has to be without them already: what the consumer took from it
 * before becomes deliveries, too, and is waited for.
 * @throws SERVICE_UNAVAILABLE where that takes longer than 20 s
 */
export async function eraseInDeliveries(
  { deliveries, bus }: Parts,
  caller: Caller,
  erased: Erased,
): Promise<void> {
  const { model } = deliveries
  if (!(await awaitHandled({ bus, durable: DURABLE }, HANDLED_MS))) throw new Fault('SERVICE_UNAVAILABLE')
  const erase = (doc: DeliveryDoc, erased: Erased) =>
    replaceContent(model, doc, withoutUser(doc, erased)?.data ?? null, erased.userId)
  for await (const doc of deliveriesNaming(model, erased.userId)) await erase(doc, erased)
  for await (const messageIds of erasedMentions(bus, caller, { userId: erased.userId })) {
    const mentionedIn = new Set(messageIds)
    for (const doc of await quotingMessages(model, messageIds)) await erase(doc, { ...erased, mentionedIn })
  }
}

export async function* exportDeliveries(
  { deliveries }: Pick<Parts, 'deliveries'>,
  userId: string,
): AsyncGenerator<PersonalRecords['records'][number]> {
  for await (const { webhookId, eventId, type, at, data } of deliveriesNaming(deliveries.model, userId))
    yield { kind: 'webhookDelivery', value: { webhookId, eventId, type, at, data } }
}

async function* deliveriesNaming(model: DeliveryModel, userId: string) {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await namingUser(model, userId, after, PAGE)
    yield* page
    after = page.length === PAGE ? page.at(-1)?._id : undefined
  }
}
