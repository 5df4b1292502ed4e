import type { OpenWrites } from './open-writes.ts'
import {
  type Checkpoint,
  demandRecovery,
  finishRecovery,
  noteHandled,
  noteLoss,
  type OutboxState,
  type Position,
  type Recovery,
  readFrom,
  removeWriter,
  takeRecovery,
} from './outbox-state.ts'
import type { OutboxStateStore } from './outbox-state-store.ts'
import { handledSeq, holds, lookAtStream } from './published-events.ts'
import { type RecoveryParts, recover } from './recovery.ts'
import type { StoredClock } from './stored-clock.ts'
import { WriterWatch } from './writer-watch.ts'

/** By so much clocks of machines may differ before the recovery publishes events again that the stream has. */
const SKEW_MS = 60_000
/** A consumer of earlier versions, which may still exist. */
const FORMER_CONSUMERS = ['search']

export type SupervisorParts = RecoveryParts & {
  /** Creates the stream where it is missing. */
  ensureStream: () => Promise<void>
  states: OutboxStateStore
  clock: StoredClock
  writes: OpenWrites
}

/** Notices what was lost (events of the stream, instances, outcomes of writes) and has it recovered from the store. */
export class Supervisor {
  /** How many losses of the stream this instance knows of. */
  losses = 0
  private readonly parts: SupervisorParts
  private readonly watch: WriterWatch
  private checking: Promise<void> | null = null
  private recovering: Promise<void> | null = null
  private isClosed = false

  constructor(parts: SupervisorParts) {
    this.parts = parts
    this.watch = new WriterWatch(parts.bus)
  }

  async close() {
    this.isClosed = true
    this.watch.close()
    await this.checking?.catch(() => {})
    await this.recovering
  }

  /** One check runs at a time. */
  check(): Promise<void> {
    this.checking ??= this.checkOnce().finally(() => {
      this.checking = null
    })
    return this.checking
  }

  private async checkOnce() {
    if (this.isClosed || !this.parts.bus.isConnected) return
    const { publisher } = this.parts
    await this.lookForLoss()
    publisher.resume()
    await this.lookForEndedWriters()
    await this.resolveDoubt()
    this.recoverIfDue(await this.parts.states.latest())
    await this.noteHandled()
  }

  private get id() {
    return this.parts.bus.instanceId
  }

  /** Compares the stream with the places at which events were confirmed. */
  private async lookForLoss() {
    const { bus, states, publisher, ensureStream, logger } = this.parts
    if (!(await lookAtStream(bus))) await ensureStream()
    const created = (await lookAtStream(bus))?.created ?? ''
    const state = await states.latest()
    if (state.losses !== this.losses) this.acceptLosses(state)
    const evidence = [state.position, ...publisher.evidence]
    if (state.stream === created && (await this.areHeld(evidence))) return
    if (state.stream === null)
      return void (await states.update((now) => (now.stream === null ? { ...now, stream: created } : null)))
    const surviving = state.stream === created ? await this.surviving(state.checkpoints) : []
    const after = await states.update((now) =>
      now.losses === state.losses ? noteLoss(now, created, survivingOf(now, surviving), this.id) : null,
    )
    this.acceptLosses(after)
    logger.warn({ losses: after.losses }, 'the stream has lost events: they are published again')
  }

  private acceptLosses({ losses }: OutboxState) {
    if (this.losses !== 0 || losses !== 0) this.parts.publisher.forgetPositions()
    this.losses = losses
  }

  private async areHeld(positions: Position[]): Promise<boolean> {
    const held = await Promise.all(positions.map((position) => holds(this.parts.bus, position)))
    return held.every(Boolean)
  }

  /** The checkpoints whose place the stream still has. */
  private async surviving(checkpoints: Checkpoint[]): Promise<Checkpoint[]> {
    for (let count = checkpoints.length; count > 0; count--) {
      const { position } = checkpoints[count - 1] as Checkpoint
      if (await holds(this.parts.bus, position)) return checkpoints.slice(0, count)
    }
    return []
  }

  private async lookForEndedWriters() {
    const { states } = this.parts
    const { writers, recovery } = await states.latest()
    const others = writers.filter(({ id }) => id !== this.id)
    for (const { writer, isRecovered } of await this.watch.ended(others, recovery === null)) {
      if (isRecovered) await states.update((state) => removeWriter(state, writer))
      else await this.demand(writer.settledUntil)
    }
  }

  /** Writes whose outcome is unknown are compared with the stream when they can no longer arrive. */
  private async resolveDoubt() {
    const { writes, publisher } = this.parts
    const doubt = writes.dueDoubt
    if (doubt && !publisher.isHolding) await this.demand(doubt.from)
  }

  private demand(from: number) {
    return this.parts.states.update((state) => demandRecovery(state, { from, derives: true, by: this.id }))
  }

  private recoverIfDue({ recovery, writers }: OutboxState) {
    if (!recovery || this.recovering || this.isClosed) return
    const isTaken = recovery.by !== this.id && writers.some(({ id }) => id === recovery.by)
    if (isTaken && !this.watch.isEnded(recovery.by)) return
    this.recovering = this.recoverAll()
      .catch((err) => this.parts.logger.warn({ err }, 'events not recovered, will try again'))
      .finally(() => {
        this.recovering = null
      })
  }

  private async recoverAll() {
    const { states } = this.parts
    for (let state = await states.update((now) => takeRecovery(now, this.id)); state.recovery; )
      state = await this.recoverOnce(state, state.recovery)
  }

  private async recoverOnce(state: OutboxState, recovery: Recovery): Promise<OutboxState> {
    const { states, clock, writes } = this.parts
    const doubt = writes.dueDoubt
    const { from, derives } = recovery
    const walk = { from, derives, readFrom: readFrom(state, from, SKEW_MS), now: clock.now() }
    const end = await recover(this.parts, walk)
    if (doubt && derives && doubt.from >= from) writes.resolve(doubt)
    return states.update((now) => finishRecovery(now, recovery, state.losses, end))
  }

  /** One instance is enough: the first of the list. */
  private async noteHandled() {
    const { bus, states } = this.parts
    const { writers } = await states.latest()
    const first = writers.map(({ id }) => id).sort()[0]
    if (first !== this.id) return
    const seq = await handledSeq(bus, FORMER_CONSUMERS)
    await states.update((state) => (state.recovery ? null : noteHandled(state, seq)))
  }
}

const survivingOf = ({ checkpoints }: OutboxState, surviving: Checkpoint[]) =>
  checkpoints.filter(({ settledUntil }) => settledUntil <= (surviving.at(-1)?.settledUntil ?? -1))
