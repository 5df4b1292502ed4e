import { type Connection, ensureStream, type Scope, serveJobs } from '@chat/service'
import { addressesOf } from './delivery/address-guard.ts'
import { openDeliveryStore } from './delivery/delivery-store.ts'
import { Dispatcher } from './delivery/dispatcher.ts'
import { HttpSender } from './delivery/http-sender.ts'
import { consumeWebhookEvents } from './events/event-consumer.ts'
import type { WebhookControl, WebhookParts } from './parts.ts'
import { defaultTimes, type Times } from './times.ts'
import { openWebhookStore } from './webhook-store.ts'

type Options = Pick<WebhookParts, 'bus' | 'logger' | 'metrics'> & {
  mongo: Connection
  mayBePrivate: boolean
  webhookTimes: Partial<Times> | undefined
}

/** One instance at a time consumes events; all of them send deliveries. */
export async function openWebhooks(scope: Scope, options: Options): Promise<WebhookControl> {
  const { mongo, bus, logger, metrics } = options
  const times: Times = { ...defaultTimes, ...options.webhookTimes }
  const webhooks = await openWebhookStore(mongo, metrics, times.lease)
  const deliveries = await openDeliveryStore(mongo)
  const addresses = addressesOf(options.mayBePrivate)
  const sender = new HttpSender(addresses, times.answer)
  await ensureStream(bus)
  const parts: WebhookParts = { webhooks, deliveries, addresses, sender, times, bus, logger, metrics }
  await scope.use('webhook job requests', serveJobs(bus, webhooks.jobs))
  const dispatcher = await scope.use('webhooks', new Dispatcher(parts))
  const { wake } = dispatcher
  const { start, failedEvents } = await consumeWebhookEvents(scope, { ...parts, mongo, wake })
  return { ...parts, startConsumer: start, failedEvents, wake }
}
