import { type Bus, type Connection, ensureStream, type Logger, type Metrics, type Scope } from '@chat/service'
import { addressesOf } from './delivery/address-guard.ts'
import { DeliveryLog } from './delivery/delivery-log.ts'
import { openDeliveries } from './delivery/delivery-store.ts'
import { Dispatcher } from './delivery/dispatcher.ts'
import { openSender } from './delivery/http-sender.ts'
import { WebhookErasure } from './erasure.ts'
import { EventConsumer } from './events/event-consumer.ts'
import { Lease, openLeases } from './events/lease.ts'
import { defaultTimes, type Times } from './times.ts'
import { openWebhookStore } from './webhook-store.ts'
import { Webhooks } from './webhooks.ts'

export type WebhookOptions = {
  mongo: Connection
  bus: Bus
  mayBePrivate: boolean
  times?: Partial<Times> | undefined
  logger: Logger
  metrics: Metrics
}

/** Webhooks: one instance follows what happens, all of them send. */
export async function openWebhooks(scope: Scope, options: WebhookOptions) {
  const { mongo, bus, mayBePrivate, logger, metrics } = options
  const times: Times = { ...defaultTimes, ...options.times }
  const webhookStore = await openWebhookStore(mongo)
  const deliveries = await openDeliveries(mongo)
  const addresses = addressesOf(mayBePrivate)
  const sender = openSender(addresses, times.answer)
  await ensureStream(bus)
  const shared = { webhooks: webhookStore, deliveries, bus, logger }
  const sending = new Dispatcher({ ...shared, sender, times, metrics })
  const dispatcher = await scope.use('webhooks', sending, (d) => d.close())
  const eventConsumer = new EventConsumer({ ...shared, wake: dispatcher.look })
  const failed = (err: unknown) => logger.warn({ err }, 'events for webhooks not followed, will try again')
  const lease = new Lease({
    ...{ leases: openLeases(mongo), name: 'following', heldMs: times.held },
    open: () => eventConsumer.open(),
    failed,
  })
  await scope.use('webhook events', lease, (l) => l.close())
  await lease.look()
  const wake = () => {
    dispatcher.look()
    lease.look().catch(failed)
  }
  return {
    webhooks: new Webhooks({ ...shared, addresses, mayBePrivate, times, begin: eventConsumer.begin, wake }),
    log: new DeliveryLog({ ...shared, wake: dispatcher.look }),
    webhookErasure: new WebhookErasure(shared),
  }
}
export type WebhookParts = Awaited<ReturnType<typeof openWebhooks>>
