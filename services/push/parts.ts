import type { Bus, Connection, FailedEvents, Logger, Metrics, NumberedKind } from '@chat/service'
import type { Badges } from './badges/badges.ts'
import type { PushDelivery } from './delivery/push-delivery.ts'
import type { ReceiptStore } from './delivery/receipt-store.ts'
import type { Devices } from './devices/devices.ts'
import type { PreferenceStore } from './devices/preference-store.ts'
import type { TaskStore } from './tasks/task-store.ts'

/** In ms. Tests shorten them. */
export const defaultTimes = {
  /** A phone that lost its network looks connected for about this long. */
  secondLookMs: 45_000,
  pollMs: 1_000,
  /** How long to wait for gateways to say who has a room open. A missing answer costs an extra push, never a lost one. */
  presenceMs: 200,
  /** How long a count of unread messages is reused, and the longest time until reading on one device updates the others. */
  badgeMs: 2_000,
  /** The pauses between tries. There is one try more than there are pauses; then the push is a dead letter. */
  retryDelaysMs: [2_000, 10_000, 30_000, 120_000],
}
export type Times = typeof defaultTimes

export type Parts = {
  /** The consumer's position and lease are there, too. */
  mongo: Connection
  bus: Bus
  logger: Logger
  metrics: Metrics
  times: Times
  devices: Devices
  preferences: PreferenceStore
  receipts: ReceiptStore
  failedEvents: FailedEvents<NumberedKind>
  tasks: TaskStore
  badges: Badges
  delivery: PushDelivery
}
