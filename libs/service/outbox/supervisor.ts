import { setTimeout as delay } from 'node:timers/promises'
import type { OpenWrites } from './open-writes.ts'
import {
  type Checkpoint,
  type Claim,
  demandRecovery,
  finishRecovery,
  isUnchangedSince,
  noteHandled,
  noteLoss,
  type OutboxState,
  type Recovery,
  removeWriter,
  type StreamPlace,
  takeRecovery,
} from './outbox-state.ts'
import type { OutboxStateStore } from './outbox-state-store.ts'
import { type RecoveryParts, recover } from './recovery.ts'
import type { StoredClock } from './stored-clock.ts'
import { endOf, handledSeq, holdsAll, type StreamView, viewStream } from './stream-view.ts'
import { WriterWatch } from './writer-watch.ts'

const AGAIN_MS = 500

export type SupervisorParts = RecoveryParts & {
  /** Creates the stream where it is missing. */
  ensureStream: () => Promise<void>
  states: OutboxStateStore
  clock: StoredClock
  writes: OpenWrites
}

/** Notices what was lost (events of the stream, instances, outcomes of writes) and has it recovered from the store. */
export class Supervisor {
  private readonly parts: SupervisorParts
  private readonly watch: WriterWatch
  private recovering: Promise<void> | null = null
  private readonly stopping = new AbortController()

  constructor(parts: SupervisorParts) {
    this.parts = parts
    this.watch = new WriterWatch(parts.bus)
  }

  /** Starts nothing more, and ends a recovery that goes on. */
  stop() {
    this.stopping.abort()
    this.watch.close()
  }

  async close() {
    await this.recovering
  }

  /** Compares the stream with the places at which events were confirmed. @returns null where it has lost some */
  async compareWithStream(): Promise<Claim | null> {
    const { states, writes, publisher } = this.parts
    const state = await states.read()
    // First how far, then where: what settles in between stands behind the place.
    const { settledUntil } = writes
    const { evidence, position } = publisher
    const view = await this.viewStream()
    if (state.stream === null) {
      await this.adopt(view)
      return null
    }
    if (!(await this.isWhole(state, view, evidence))) {
      await this.noteLoss(state, view)
      return null
    }
    publisher.confirmPlaces(evidence)
    return { settledUntil, position, basis: state }
  }

  /** Recovers what ended instances and writes in doubt have left. */
  async recoverLeftovers() {
    if (this.stopping.signal.aborted) return
    await this.recoverEndedWriters()
    await this.resolveDoubt()
    this.recoverIfDue(await this.parts.states.latest())
  }

  /**
   * Notes what consumers have handled. One instance is enough: the first of the list. It asks before it compares: what the
   * stream has lost seems to be handled.
   */
  async noteHandled() {
    const { bus, states } = this.parts
    const { writers } = await states.latest()
    if (writers.some(({ id }) => id < this.id)) return
    const seq = await handledSeq(bus)
    const claim = await this.compareWithStream()
    if (claim)
      await states.update((state) => (isUnchangedSince(state, claim.basis) ? noteHandled(state, seq) : null))
  }

  /** Has what is stored from a time on compared with the stream, and derived again. */
  demand(from: number) {
    return this.parts.states.update((state) => demandRecovery(state, { from, derives: true, by: this.id }))
  }

  private get id() {
    return this.parts.bus.instanceId
  }

  private async viewStream(): Promise<StreamView> {
    const { bus, ensureStream } = this.parts
    const view = await viewStream(bus)
    if (view) return view
    await ensureStream()
    return this.viewStream()
  }

  /** What the stream has is from before this record. */
  private async adopt(view: StreamView) {
    const position = await endOf(this.parts.bus, view)
    const begun = { stream: view.created, position }
    await this.parts.states.update((state) => (state.stream === null ? { ...state, ...begun } : null))
  }

  private async isWhole(state: OutboxState, view: StreamView, evidence: StreamPlace[]): Promise<boolean> {
    // Behind the last known place nothing is old enough to be gone: it was purged.
    if (state.stream !== view.created || view.firstSeq > state.position.seq + 1) return false
    return holdsAll(this.parts.bus, view, [state.position, ...evidence])
  }

  private async noteLoss(known: OutboxState, view: StreamView) {
    const { bus, states, publisher, logger } = this.parts
    const isSame = known.stream === view.created
    const surviving = isSame ? await this.surviving(known.checkpoints, view) : []
    const loss = { stream: view.created, end: await endOf(bus, view), surviving, by: this.id }
    let isNoted = false
    const { losses } = await states.update((state) => {
      isNoted = state.losses === known.losses
      return isNoted ? noteLoss(state, loss) : null
    })
    // Where somebody else has noted a loss, the next comparison tells whether it is this one.
    if (!isNoted) return
    publisher.forgetPlaces()
    logger.warn({ losses }, 'the stream has lost events: they are published again')
  }

  /** The checkpoints up to the last one whose place the stream still has. */
  private async surviving(checkpoints: Checkpoint[], view: StreamView): Promise<Checkpoint[]> {
    for (let count = checkpoints.length; count > 0; count--) {
      const { position } = checkpoints[count - 1] as Checkpoint
      if (await holdsAll(this.parts.bus, view, [position])) return checkpoints.slice(0, count)
    }
    return []
  }

  private async recoverEndedWriters() {
    const { states } = this.parts
    const { writers, recovery } = await states.latest()
    const others = writers.filter(({ id }) => id !== this.id)
    for (const { writer, isRecovered } of await this.watch.ended(others, recovery === null)) {
      if (isRecovered) await states.update((state) => removeWriter(state, writer))
      else {
        await this.demand(writer.settledUntil)
        this.watch.noteDemanded(writer)
      }
    }
  }

  /** Writes whose outcome is unknown are compared with the stream when they can no longer arrive. */
  private async resolveDoubt() {
    const { writes, publisher, states } = this.parts
    const doubt = writes.dueDoubt
    if (!doubt || publisher.isHolding) return
    if (doubt.isDemanded) return (await states.read()).recovery === null ? writes.resolve(doubt) : undefined
    await this.demand(doubt.from)
    doubt.isDemanded = true
  }

  private recoverIfDue({ recovery, writers }: OutboxState) {
    if (!recovery || this.recovering || this.stopping.signal.aborted) return
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
    let state = await states.update((now) => takeRecovery(now, this.id))
    while (state.recovery && !this.stopping.signal.aborted) {
      const after = await this.recoverOnce(state, state.recovery)
      if (!after) await delay(AGAIN_MS, undefined, { signal: this.stopping.signal })
      state = after ?? (await states.read())
    }
  }

  /** @returns null where it has to be done again */
  private async recoverOnce({ losses }: OutboxState, recovery: Recovery): Promise<OutboxState | null> {
    const { bus, clock } = this.parts
    const { from, derives } = recovery
    const before = await this.viewStream()
    const end = await endOf(bus, before)
    const { signal } = this.stopping
    await recover(this.parts, { from, derives, losses, now: clock.now(), endSeq: before.lastSeq, signal })
    return this.finish(recovery, end)
  }

  /** @param read the end of the stream that was read @returns null where it has to be read again */
  private async finish(recovery: Recovery, read: StreamPlace): Promise<OutboxState | null> {
    const { bus, states, publisher } = this.parts
    const state = await states.read()
    const view = await this.viewStream()
    if (!(await this.isWhole(state, view, [read, ...publisher.evidence]))) return null
    const end = await endOf(bus, view)
    return states.update((now) => finishRecovery(now, recovery, state, end))
  }
}
