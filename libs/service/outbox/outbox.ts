import { setTimeout as delay } from 'node:timers/promises'
import { Fault } from '@chat/contract'
import type { Connection } from 'mongoose'
import { Periodic } from '../async/periodic.ts'
import type { AnyEvent } from '../stream/stream-event.ts'
import { type Trace, traced } from '../telemetry/tracing.ts'
import { type OpenWrite, OpenWrites } from './open-writes.ts'
import {
  type Claim,
  isUnchangedSince,
  latestTime,
  nowhere,
  removeWriter,
  renew,
  type Writer,
} from './outbox-state.ts'
import { OutboxStateStore } from './outbox-state-store.ts'
import { Publisher, QueueFull } from './publisher.ts'
import { StoredClock } from './stored-clock.ts'
import { Supervisor, type SupervisorParts } from './supervisor.ts'
import { STALE_MS } from './writer-watch.ts'

const BEAT_MS = 1_000
const HANDLED_MS = 5_000
/** By then a write that failed has arrived or never will: longer than the timeout of the database's connections. */
const ARRIVAL_MS = 25_000
const CLOSE_WITHIN_MS = 5_000
const SETTLED_POLL_MS = 100
const PUBLISHING = { name: 'publish event', kind: 'producer' } as const

export type OutboxOptions = Omit<SupervisorParts, 'states' | 'clock' | 'writes' | 'publisher'> & {
  connection: Connection
}
export type Publication = { event: AnyEvent; trace?: Trace }

/**
 * Stores events and publishes them: what is stored is published, whatever dies in between. README.md explains how.
 * One per service and process.
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const states = new OutboxStateStore(options.connection)
  const outbox = new Outbox(options, states, await join(states, options.bus.instanceId))
  try {
    await outbox.check()
    return outbox
  } catch (error) {
    await outbox.close()
    throw error
  }
}

/** Enters the list of writers first, so that no checkpoint claims a time at which this instance may still store. */
async function join(states: OutboxStateStore, id: string) {
  let clock = new StoredClock(0)
  let claim: Claim = { settledUntil: 0, position: nowhere, basis: { position: nowhere, losses: 0 } }
  await states.update((state) => {
    clock = new StoredClock(latestTime(state))
    const { position, losses } = state
    claim = { settledUntil: clock.now() - 1, position, basis: { position, losses } }
    return renew(state, id, claim)
  })
  return { clock, claim }
}

type Joined = Awaited<ReturnType<typeof join>>

export class Outbox {
  private readonly options: OutboxOptions
  private readonly states: OutboxStateStore
  private readonly clock: StoredClock
  private readonly writes: OpenWrites
  private readonly publisher: Publisher
  private readonly supervisor: Supervisor
  private readonly periodics: Periodic[]
  private readonly unwatch: (() => void)[]
  private claim: Claim
  private renewedAt = performance.now()
  private renewing: Promise<void> | null = null
  private checking: Promise<void> | null = null

  constructor(options: OutboxOptions, states: OutboxStateStore, { clock, claim }: Joined) {
    const { bus, logger } = options
    const failed = (message: string) => (err: unknown) => logger.warn({ err }, message)
    this.options = options
    this.states = states
    this.clock = clock
    this.claim = claim
    this.writes = new OpenWrites(clock)
    this.publisher = new Publisher({ bus, logger })
    const { writes, publisher } = this
    this.supervisor = new Supervisor({ ...options, states, clock, writes, publisher })
    // Apart: a stream that answers slowly must not make this instance look dead.
    this.periodics = [
      new Periodic(BEAT_MS, () => this.renew(), failed('heartbeat of the outbox not stored, will try again')),
      new Periodic(BEAT_MS, () => this.check(), failed('outbox not checked, will try again')),
      new Periodic(
        HANDLED_MS,
        () => this.supervisor.noteHandled(),
        failed('consumers not looked at, will try again'),
      ),
    ]
    this.unwatch = [
      bus.onDisconnect(() => publisher.pause()),
      bus.onReconnect(() => {
        publisher.resume()
        this.check().catch(failed('outbox not checked, will try again'))
      }),
    ]
  }

  /**
   * Stores events by `write` and publishes them afterwards. Resolves with its outcome when they are stored: from then on
   * they will be published, whatever dies.
   * @param write gets the time to store with each event; what it throws but a Fault leaves open whether they are stored
   * @param eventsOf the events that are stored, by the outcome of `write`; it must not fail
   */
  async store<T>(
    write: (storedAt: Date) => Promise<T>,
    eventsOf: (outcome: T) => Publication[] | Promise<Publication[]>,
  ): Promise<T> {
    const open = this.writes.begin()
    const outcome = await this.write(open, write)
    const publications = await eventsOf(outcome)
    void this.settle(open, publications)
    if (performance.now() - this.renewedAt > STALE_MS) await this.renew()
    return outcome
  }

  private async write<T>(open: OpenWrite, write: (storedAt: Date) => Promise<T>): Promise<T> {
    try {
      return await write(new Date(open.at))
    } catch (error) {
      if (error instanceof Fault) this.writes.end(open)
      else this.writes.markDoubtful(open, ARRIVAL_MS)
      throw error
    }
  }

  /** Publishes and derives in the background what is stored already. The recovery knows it, should this fail. */
  repeat(publication: Publication) {
    Promise.all([this.publishOne(publication), this.options.derive([publication.event])]).catch(() => {})
  }

  /** Resolves when all that any instance has stored before the call is published. @throws SERVICE_UNAVAILABLE */
  async settled(withinMs: number): Promise<void> {
    const now = this.clock.now()
    for (const until = performance.now() + withinMs; performance.now() < until; ) {
      await this.check()
      const { writers, recovery } = await this.states.read()
      if (!recovery && writers.every(({ settledUntil }) => settledUntil >= now)) return
      await delay(SETTLED_POLL_MS)
    }
    throw new Fault('SERVICE_UNAVAILABLE')
  }

  /** Has what is stored from a time on compared with the stream: for what was not stored by `store`. */
  async recover(from: Date) {
    await this.supervisor.demand(from.getTime())
  }

  /** Identifies the data of this installation: a restored backup has another epoch. */
  async epoch(): Promise<string> {
    return (await this.states.latest()).epoch
  }

  /** Compares the stream with what is known, renews this instance's record, and recovers what is due. */
  check(): Promise<void> {
    this.checking ??= this.checkOnce().finally(() => {
      this.checking = null
    })
    return this.checking
  }

  private async checkOnce() {
    const { options, supervisor } = this
    if (!options.bus.isConnected) return
    this.claim = (await supervisor.compareWithStream()) ?? this.claim
    await this.renew()
    await supervisor.recoverLeftovers()
  }

  /** What cannot be published in time is left to the recovery by another instance. */
  async close() {
    for (const unwatch of this.unwatch) unwatch()
    await Promise.all(this.periodics.map((each) => each.close()))
    const until = performance.now() + CLOSE_WITHIN_MS
    while (this.writes.areOpen && performance.now() < until) await delay(SETTLED_POLL_MS)
    this.supervisor.stop()
    await this.publisher.close()
    await this.supervisor.close()
    await this.leave().catch((err) =>
      this.options.logger.warn({ err }, 'the record of the outbox stays: another instance looks at it'),
    )
  }

  /** Only where the stream has everything at this moment: otherwise the record is what tells that something is missing. */
  private async leave() {
    const { instanceId: id, isConnected } = this.options.bus
    if (!this.writes.areSettled || !isConnected) return
    const claim = await this.supervisor.compareWithStream()
    if (!claim) return
    await this.states.update((state) => {
      if (!isUnchangedSince(state, claim.basis)) return null
      const renewed = renew(state, id, claim)
      return removeWriter(renewed, renewed.writers.find((writer) => writer.id === id) as Writer)
    })
  }

  private async settle(open: OpenWrite, publications: Publication[]) {
    const events = publications.map(({ event }) => event)
    try {
      const publishing = publications.map((each) => this.publishOne(each))
      await Promise.all([...publishing, this.options.derive(events)])
      this.writes.end(open)
    } catch (err) {
      if (!(err instanceof QueueFull))
        this.options.logger.error({ err }, 'events not derived, will try again')
      this.writes.markDoubtful(open, 0)
    }
  }

  private async publishOne({ event, trace = null }: Publication) {
    const begun = performance.now()
    await traced(PUBLISHING, () => this.publisher.publish(event), trace)
    this.options.bus.metrics.publishSeconds.observe((performance.now() - begun) / 1000)
  }

  private renew(): Promise<void> {
    this.renewing ??= this.renewOnce().finally(() => {
      this.renewing = null
    })
    return this.renewing
  }

  private async renewOnce() {
    const startedAt = performance.now()
    const { instanceId: id } = this.options.bus
    await this.states.update((state) => renew(state, id, this.claim))
    this.renewedAt = startedAt
  }
}
