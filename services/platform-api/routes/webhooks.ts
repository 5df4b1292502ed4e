import { WantedEvents, Webhook, WebhookDelivery, WebhookId, webhookTypes } from '@chat/contract'
import { type TProperties, Type } from 'typebox'
import type { DeliveryState } from '../webhooks/delivery/delivery-store.ts'
import type { Change, Page, Wish } from '../webhooks/webhooks.ts'
import { acting, type Route } from './route.ts'

const tag = 'webhooks'
const all = '/v1/webhooks'
const one = `${all}/{webhookId}`
const deliveries = `${one}/deliveries`
const delivery = `${deliveries}/{deliveryId}`

const Place = { webhookId: WebhookId }
const DeliveryPlace = { ...Place, deliveryId: Type.String({ minLength: 1, maxLength: 300 }) }
const Paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
}
const Url = Type.String({ minLength: 1, maxLength: 2048 })
const Fields = {
  events: Type.Optional(WantedEvents),
  description: Type.Optional(Type.String({ format: 'well-formed', minLength: 1, maxLength: 500 })),
}
const Payload = Type.Object({
  type: Type.Enum(webhookTypes),
  timestamp: Type.String(),
  data: Type.Unsafe<object>({ type: 'object' }),
})
const missing = ['WEBHOOK_NO_EXISTS'] as const
const list = <T extends TProperties>(item: ReturnType<typeof Type.Object<T>>) =>
  Type.Object({ list: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) })

type Id = { webhookId: string }
type DeliveryId = Id & { deliveryId: string }

export const webhookRoutes: Route[] = [
  acting<Wish>({
    ...{ method: 'post', path: all, tag, status: 201, name: 'createWebhook' },
    summary: 'Be told of what happens from the answer on; the secret is shown this once',
    input: Type.Object({ url: Url, ...Fields }),
    output: Type.Object({ ...Webhook.properties, secret: Type.String() }),
    errors: [],
    act: ({ webhooks }, wish) => webhooks.webhooks.create(wish),
  }),
  acting<Page>({
    ...{ method: 'get', path: all, tag, name: 'listWebhooks' },
    summary: 'Webhooks, in the order in which they were made',
    input: Type.Object(Paging),
    output: list(Webhook),
    errors: [],
    act: ({ webhooks }, page) => webhooks.webhooks.list(page),
  }),
  acting<Id>({
    ...{ method: 'get', path: one, tag, name: 'getWebhook' },
    summary: 'One webhook, and whether anything gets there',
    input: Type.Object(Place),
    output: Webhook,
    errors: missing,
    act: ({ webhooks }, { webhookId }) => webhooks.webhooks.get(webhookId),
  }),
  acting<Change>({
    ...{ method: 'patch', path: one, tag, name: 'updateWebhook' },
    summary: 'Change where it goes or what is told; disable it, or enable it again: what waits is sent then',
    input: Type.Object({
      ...{ ...Place, url: Type.Optional(Url), ...Fields },
      enabled: Type.Optional(Type.Boolean()),
    }),
    output: Webhook,
    errors: missing,
    act: ({ webhooks }, change) => webhooks.webhooks.update(change),
  }),
  acting<Id>({
    ...{ method: 'delete', path: one, tag, name: 'deleteWebhook' },
    summary: 'Tell nothing more, and forget what was told',
    input: Type.Object(Place),
    output: Type.Object({ result: Type.Boolean() }),
    errors: missing,
    act: async ({ webhooks }, { webhookId }) => {
      await webhooks.webhooks.delete(webhookId)
      return { result: true }
    },
  }),
  acting<Id>({
    ...{ method: 'post', path: `${one}/secret`, tag, name: 'rotateWebhookSecret' },
    summary: 'A new secret, shown this once; the one before signs beside it for a day',
    input: Type.Object(Place),
    output: Type.Object({ secret: Type.String() }),
    errors: missing,
    act: ({ webhooks }, { webhookId }) => webhooks.webhooks.rotate(webhookId),
  }),
  acting<Page & Id & { state?: DeliveryState }>({
    ...{ method: 'get', path: deliveries, tag, name: 'listWebhookDeliveries' },
    summary: 'What became of what was told in the last seven days, newest first',
    input: Type.Object({
      ...{ ...Place, ...Paging },
      state: Type.Optional(Type.Enum(['WAITING', 'DELIVERED', 'FAILED'])),
    }),
    output: list(WebhookDelivery),
    errors: missing,
    act: ({ webhooks }, page) => webhooks.log.list(page),
  }),
  acting<DeliveryId>({
    ...{ method: 'get', path: delivery, tag, name: 'getWebhookDelivery' },
    summary: 'One delivery, with what is sent',
    input: Type.Object(DeliveryPlace),
    output: Type.Object({ ...WebhookDelivery.properties, payload: Payload }),
    errors: missing,
    act: ({ webhooks }, place) => webhooks.log.get(place),
  }),
  acting<DeliveryId>({
    ...{ method: 'post', path: `${delivery}/replay`, tag, status: 202, name: 'replayWebhookDelivery' },
    summary: 'Send it again, with the same id, whatever became of it',
    input: Type.Object(DeliveryPlace),
    output: WebhookDelivery,
    errors: missing,
    act: ({ webhooks }, place) => webhooks.log.replay(place),
  }),
]
