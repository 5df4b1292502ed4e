import { type Caller, type Erased, Fault, type PersonalRecords } from '@chat/contract'
import { awaitHandled, type Bus, erasedMentions, type FailedEvents, type StreamKind } from '@chat/service'
import type { DeliveryDoc, DeliveryModel, DeliveryStore } from './delivery/delivery-store.ts'
import { CONSUMER } from './events/event-consumer.ts'
import { aboutQuote, aboutUser, withoutUser } from './events/webhook-event.ts'

const PAGE = 100
const HANDLED_MS = 20_000

type Parts = { deliveries: DeliveryStore; failedEvents: FailedEvents<StreamKind>; bus: Bus }
export type Records = AsyncGenerator<PersonalRecords['records'][number]>

/** Removes a user from deliveries, once those that the consumer has taken are stored. The stream is without them. */
export async function eraseInDeliveries(
  { deliveries, failedEvents, bus }: Parts,
  caller: Caller,
  erased: Erased,
) {
  const { model } = deliveries
  const consumer = { ...CONSUMER, bus, connection: model.db }
  if (!(await awaitHandled(consumer, HANDLED_MS))) throw new Fault('SERVICE_UNAVAILABLE')
  await failedEvents.erase(erased)
  for await (const doc of deliveriesAbout(model, erased.userId)) await eraseIn(model, doc, erased)
  for await (const messageIds of erasedMentions(bus, caller, { userId: erased.userId })) {
    const mentionedIn = new Set(messageIds)
    for (const doc of await model.find({ about: { $in: messageIds.map(aboutQuote) } }).lean())
      await eraseIn(model, doc, { ...erased, mentionedIn })
  }
}

async function eraseIn(model: DeliveryModel, doc: DeliveryDoc, erased: Erased) {
  const { _id } = doc
  const content = withoutUser(doc, erased)
  const change = { $set: { data: content?.data }, $pull: { about: aboutUser(erased.userId) } }
  await (content ? model.updateOne({ _id }, change) : model.deleteOne({ _id }))
}

export async function* exportDeliveries({ deliveries }: Pick<Parts, 'deliveries'>, userId: string): Records {
  for await (const { webhookId, eventId, type, at, data } of deliveriesAbout(deliveries.model, userId))
    yield { kind: 'webhookDelivery', value: { webhookId, eventId, type, at, data } }
}

async function* deliveriesAbout(model: DeliveryModel, userId: string): AsyncGenerator<DeliveryDoc> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const rest = model.find({ about: aboutUser(userId), _id: { $gt: after } })
    const page: DeliveryDoc[] = await rest.sort({ _id: 1 }).limit(PAGE).lean()
    yield* page
    after = page.length === PAGE ? page.at(-1)?._id : undefined
  }
}
