import { NoRespondersError } from '@nats-io/transport-node'
import type { Bus } from '../bus/bus.ts'
import type { Writer } from './outbox-state.ts'

/** A writer's record that was not renewed for so long is stale, by the observer's clock. */
export const STALE_MS = 5_000
/** By then no write of an ended instance can still arrive. */
const SECOND_RECOVERY_MS = 30_000
const ANSWER_MS = 300

/** `recoveries`: how often what it left was demanded to be recovered. It takes two. */
type Observation = { beat: number; seenAt: number; endedAt: number | null; recoveries: number }

/**
 * Tells whether other instances still live. One that NATS knows no subscription of has ended; so has one whose record
 * has not changed for the time after which it may not ack without renewing it.
 */
export class WriterWatch {
  private readonly bus: Bus
  private readonly observations = new Map<string, Observation>()
  private readonly subscription

  constructor(bus: Bus) {
    this.bus = bus
    this.subscription = bus.subscribe(bus.subjects.writer(bus.instanceId), (request) => request.respond())
  }

  close() {
    this.subscription.unsubscribe()
  }

  /**
   * The writers that have ended and have something to be done about: to recover what they left, once at once and once
   * when nothing of theirs can arrive any more, and then (`isRecovered`) to remove them.
   */
  async ended(writers: Writer[], isIdle: boolean): Promise<{ writer: Writer; isRecovered: boolean }[]> {
    const due: { writer: Writer; isRecovered: boolean }[] = []
    for (const writer of writers) {
      const observation = await this.observe(writer)
      if (observation.endedAt === null) continue
      const isLate = performance.now() - observation.endedAt > SECOND_RECOVERY_MS
      if (observation.recoveries === 2 && isIdle) due.push({ writer, isRecovered: true })
      if (observation.recoveries <= (isLate ? 1 : 0)) due.push({ writer, isRecovered: false })
    }
    const known = new Set(writers.map(({ id }) => id))
    for (const id of this.observations.keys()) if (!known.has(id)) this.observations.delete(id)
    return due
  }

  noteDemanded({ id }: Writer) {
    const observation = this.observations.get(id)
    if (observation) observation.recoveries += 1
  }

  isEnded(id: string): boolean {
    return this.observations.get(id)?.endedAt != null
  }

  private async observe({ id, beat }: Writer): Promise<Observation> {
    const now = performance.now()
    const known = this.observations.get(id)
    const observation = known?.beat === beat ? known : { beat, seenAt: now, endedAt: null, recoveries: 0 }
    this.observations.set(id, observation)
    const isStale = now - observation.seenAt > STALE_MS
    if (observation.endedAt === null && (isStale || !(await this.mayLive(id)))) observation.endedAt = now
    return observation
  }

  /** False where nobody listens on the writer's subject. No answer in time tells nothing. */
  private async mayLive(id: string): Promise<boolean> {
    return this.bus.request(this.bus.subjects.writer(id), '', { timeoutMs: ANSWER_MS }).then(
      () => true,
      (error) => !(error instanceof NoRespondersError),
    )
  }
}
