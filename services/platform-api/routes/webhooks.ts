import { WantedEvents, Webhook, WebhookDelivery, WebhookId, webhookTypes } from '@chat/contract'
import { type TProperties, Type } from 'typebox'
import { getDelivery, listDeliveries, replayDelivery } from '../webhooks/delivery/delivery-log.ts'
import * as manage from '../webhooks/webhooks.ts'
import { handled, tagged } from './route.ts'

const all = '/v1/webhooks'
const one = `${all}/{webhookId}`
const deliveries = `${one}/deliveries`
const delivery = `${deliveries}/{deliveryId}`

const byId = { webhookId: WebhookId }
const byDelivery = { ...byId, deliveryId: Type.String({ minLength: 1, maxLength: 300 }) }
const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
}
const Url = Type.String({ minLength: 1, maxLength: 2048 })
const options = {
  events: Type.Optional(WantedEvents),
  description: Type.Optional(Type.String({ format: 'well-formed', minLength: 1, maxLength: 500 })),
}
const State = Type.Optional(Type.Enum(['WAITING', 'DELIVERED', 'FAILED']))
const Payload = Type.Object({
  type: Type.Enum(webhookTypes),
  timestamp: Type.String(),
  data: Type.Unsafe<object>({ type: 'object' }),
})
const errors = ['WEBHOOK_NO_EXISTS'] as const
const listOf = <T extends TProperties>(item: ReturnType<typeof Type.Object<T>>) =>
  Type.Object({ list: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) })

export const webhookRoutes = tagged('webhooks', [
  handled('post', all, {
    name: 'createWebhook',
    status: 201,
    summary:
      'Create a webhook. It receives every event that happens after this answer; the secret is shown only here',
    input: Type.Object({ url: Url, ...options }),
    output: Type.Object({ ...Webhook.properties, secret: Type.String() }),
    handle: ({ webhooks }, webhook) => manage.createWebhook(webhooks, webhook),
  }),
  handled('get', all, {
    name: 'listWebhooks',
    summary: 'Webhooks, oldest first',
    input: Type.Object(paging),
    output: listOf(Webhook),
    handle: ({ webhooks }, page) => manage.listWebhooks(webhooks, page),
  }),
  handled('get', one, {
    name: 'getWebhook',
    summary: 'One webhook, and whether its endpoint is failing',
    input: Type.Object(byId),
    output: Webhook,
    errors,
    handle: ({ webhooks }, { webhookId }) => manage.getWebhook(webhooks, webhookId),
  }),
  handled('patch', one, {
    name: 'updateWebhook',
    summary:
      'Change the URL, the events or the description; disable the webhook, or enable it again: waiting deliveries are sent then',
    input: Type.Object({
      ...byId,
      url: Type.Optional(Url),
      ...options,
      enabled: Type.Optional(Type.Boolean()),
    }),
    output: Webhook,
    errors,
    handle: ({ webhooks }, update) => manage.updateWebhook(webhooks, update),
  }),
  handled('delete', one, {
    name: 'deleteWebhook',
    summary: 'Delete a webhook and its deliveries',
    input: Type.Object(byId),
    output: Type.Object({ result: Type.Boolean() }),
    errors,
    handle: ({ webhooks }, { webhookId }) => manage.deleteWebhook(webhooks, webhookId),
  }),
  handled('post', `${one}/secret`, {
    name: 'rotateWebhookSecret',
    summary:
      'Make a new secret, shown only here. For a day, deliveries are signed with the previous one, too',
    input: Type.Object(byId),
    output: Type.Object({ secret: Type.String() }),
    errors,
    handle: ({ webhooks }, { webhookId }) => manage.rotateSecret(webhooks, webhookId),
  }),
  handled('get', deliveries, {
    name: 'listWebhookDeliveries',
    summary: 'The deliveries of the last seven days, newest first',
    input: Type.Object({ ...byId, ...paging, state: State }),
    output: listOf(WebhookDelivery),
    errors,
    handle: ({ webhooks }, query) => listDeliveries(webhooks, query),
  }),
  handled('get', delivery, {
    name: 'getWebhookDelivery',
    summary: 'One delivery, with its payload',
    input: Type.Object(byDelivery),
    output: Type.Object({ ...WebhookDelivery.properties, payload: Payload }),
    errors,
    handle: ({ webhooks }, path) => getDelivery(webhooks, path),
  }),
  handled('post', `${delivery}/replay`, {
    name: 'replayWebhookDelivery',
    status: 202,
    summary: 'Send a delivery again, with the same id, whatever its state',
    input: Type.Object(byDelivery),
    output: WebhookDelivery,
    errors,
    handle: ({ webhooks }, path) => replayDelivery(webhooks, path),
  }),
])
