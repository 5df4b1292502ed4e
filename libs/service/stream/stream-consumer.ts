import { setTimeout as delay } from 'node:timers/promises'
import { readerName } from '@chat/contract'
import type { Connection } from 'mongoose'
import type { Bus } from '../bus/bus.ts'
import { LeaderLease } from '../jobs/leader-lease.ts'
import type { ConsumerLag } from '../telemetry/metrics.ts'
import { EventReader, type Reading } from './event-reader.ts'
import { managerOf } from './stream.ts'
import type { StreamKind } from './stream-event.ts'
import { firstPosition, nextEvent, PositionStore, positionAt } from './stream-position.ts'

const LEASE_MS = 3_000
const HANDLED_POLL_MS = 50

type Options<K extends StreamKind> = Omit<Reading<K>, 'positions'> & {
  /** The database of what the consumer derives. It also keeps the position, and elects the instance that reads. */
  connection: Connection
  /** Where a consumer without a position begins: at the oldest event, at the next one, or when `begin` is called. */
  starts?: 'oldest' | 'now' | 'on call'
  leaseMs?: number
}

/**
 * Reads the stream in batches until `close`. Any number of instances may run: one of them reads, and another one takes
 * over when it stops, or at most four seconds after it died.
 */
export async function consumeEvents<K extends StreamKind>(options: Options<K>) {
  const consumer = new EventConsumer(options)
  await consumer.open()
  return consumer
}

export class EventConsumer<K extends StreamKind = StreamKind> {
  private readonly options: Options<K>
  private readonly positions: PositionStore
  private readonly lease: LeaderLease
  private readonly unwatch: () => void
  private reader: EventReader<K> | null = null

  constructor(options: Options<K>) {
    const { bus, name, connection, leaseMs = LEASE_MS } = options
    this.options = options
    this.positions = new PositionStore(connection, name)
    this.unwatch = bus.metrics.watchConsumer(name, () => this.lag())
    this.lease = new LeaderLease({
      ...{ connection, metrics: bus.metrics, name: `consumer ${name}`, leaseMs },
      open: () => this.startReading(),
      failed: (err) => options.logger.warn({ err, consumer: name }, 'not reading events, will try again'),
    })
  }

  async open() {
    if (this.options.starts !== 'on call') return this.begin()
    await this.lease.check()
  }

  /** From when it resolves on, no event is missed. */
  async begin() {
    const { bus, name, starts = 'oldest' } = this.options
    if (!(await this.positions.load())) await this.positions.saveFirst(await firstPosition(bus, name, starts))
    await this.lease.check()
  }

  async close() {
    this.unwatch()
    await this.lease.close()
  }

  /** Age of the oldest event that the consumer has not handled, in ms; 0 where there is none. */
  lagMs = async () => (await this.lag()).lagMs

  private async startReading() {
    const position = await this.positions.load()
    if (!position) return null
    const reader = new EventReader({ ...this.options, positions: this.positions }, position)
    this.reader = reader
    const close = () => {
      this.reader = null
      return reader.close()
    }
    return { close }
  }

  private async lag(): Promise<ConsumerLag> {
    const { bus, name, kinds } = this.options
    const position = this.reader?.position ?? (await this.positions.load())
    const next = position && (await nextEvent(bus, kinds, position))
    if (!next) return { lagMs: 0, pending: 0 }
    const manager = await managerOf(bus)
    const { num_pending, num_ack_pending } = await manager.consumers.info(
      bus.subjects.stream,
      readerName(name),
    )
    const lagMs = Math.max(0, Date.now() - next.time.getTime())
    return { lagMs, pending: Math.max(1, num_pending + num_ack_pending) }
  }
}

type Handled = { bus: Bus; connection: Connection; name: string; kinds: StreamKind[] }

/** Resolves when all that is in the stream now is handled. @returns false where that takes longer than `withinMs` */
export async function awaitHandled({ bus, connection, name, kinds }: Handled, withinMs: number) {
  const positions = new PositionStore(connection, name)
  const { seq: last } = await positionAt(bus, 'last')
  for (const until = Date.now() + withinMs; Date.now() < until; await delay(HANDLED_POLL_MS)) {
    const position = await positions.load()
    const next = position && (await nextEvent(bus, kinds, position))
    if (!next || next.seq > last) return true
  }
  return false
}
