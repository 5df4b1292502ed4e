import type { Bus, FailedEvents, Logger, Metrics, StreamKind } from '@chat/service'
import type { Addresses } from './delivery/address-guard.ts'
import type { DeliveryStore } from './delivery/delivery-store.ts'
import type { HttpSender } from './delivery/http-sender.ts'
import type { Times } from './times.ts'
import type { WebhookStore } from './webhook-store.ts'

export type WebhookParts = {
  webhooks: WebhookStore
  deliveries: DeliveryStore
  addresses: Addresses
  sender: HttpSender
  times: Times
  bus: Bus
  logger: Logger
  metrics: Metrics
}

export type WebhookControl = WebhookParts & {
  /** From when it resolves on no event is missed. @returns the stream's time */
  startConsumer: () => Promise<Date>
  failedEvents: FailedEvents<StreamKind>
  /** Call it when there is a new webhook or a due delivery. */
  wake: () => void
}
