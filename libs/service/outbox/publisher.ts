import { type ApiError, JetStreamApiError, type PubAck, PubHeaders } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { Periodic } from '../async/periodic.ts'
import type { Bus } from '../bus/bus.ts'
import { type AnyEvent, eventId, publicationOf } from '../stream/stream-event.ts'
import type { Logger } from '../telemetry/logger.ts'
import { nowhere, type StreamPlace } from './outbox-state.ts'

const TIMEOUT_MS = 1_500
const RETRY_MS = 250
const LANES_PER_RETRY = 200
/** No server goes and comes back in less, so that it could have lost events unnoticed. */
const PAUSE_MS = 50
/** So many events may wait for a stream that does not take them. */
const MAX_WAITING = 10_000

/** Why an event is not published or derived: too many wait. The recovery does it. */
export class QueueFull extends Error {
  override name = 'QueueFull'
}

type Waiting = {
  order: number
  id: string
  publishId: string
  body: Uint8Array
  done: PromiseWithResolvers<void>
}
/** The events of one subject: of one kind in one room. */
type Lane = { subject: string; inFlight: number; waiting: Waiting[]; isHeld: boolean }
type Parts = { bus: Bus; logger: Logger }

/**
 * Publishes events to the stream, each lane in order. Lanes are pipelined. One that fails is held: its first event is
 * tried again, and when the stream takes it the others follow together. The stream drops repeats by the event's id.
 */
export class Publisher {
  private readonly parts: Parts
  private readonly lanes = new Map<string, Lane>()
  private readonly held = new Set<Lane>()
  private readonly retries: Periodic
  private published = 0
  private waitingCount = 0
  private last = nowhere
  private lastAt = 0
  /** The last places before the stream confirmed nothing for a while. */
  private beforePauses: StreamPlace[] = []
  private isPaused = false
  private isClosed = false

  constructor(parts: Parts) {
    this.parts = parts
    this.retries = new Periodic(
      RETRY_MS,
      () => this.retry(),
      (err) => parts.logger.error({ err }, 'retry of held events failed'),
    )
  }

  async close() {
    this.isClosed = true
    await this.retries.close()
    for (const lane of this.lanes.values()) this.drop(lane)
  }

  /** The furthest place in the stream at which one of these events was confirmed. */
  get position(): StreamPlace {
    return this.last
  }

  /** Places at which the stream must have these events, or it has lost some. */
  get evidence(): StreamPlace[] {
    return [...this.beforePauses, this.last]
  }

  /** The stream has the events at these places. */
  confirmPlaces(evidence: StreamPlace[]) {
    this.beforePauses = this.beforePauses.filter((place) => !evidence.includes(place))
  }

  /** The places are void: the stream has lost events, which is noted. */
  forgetPlaces() {
    this.last = nowhere
    this.beforePauses = []
  }

  /** Holds every lane until `resume`. */
  pause() {
    this.isPaused = true
  }

  resume() {
    this.isPaused = false
  }

  get isHolding() {
    return this.held.size > 0
  }

  /**
   * Resolves when the stream has the event, however long that takes. @throws QueueFull
   * @param losses how often the stream has lost events: it would drop one that it had before, as a repeat
   */
  publish(event: AnyEvent, losses = 0): Promise<void> {
    const { subject, body } = publicationOf(event, this.parts.bus.subjects)
    const lane = this.lanes.get(subject) ?? { subject, inFlight: 0, waiting: [], isHeld: false }
    this.lanes.set(subject, lane)
    this.published += 1
    const done = Promise.withResolvers<void>()
    const id = eventId(event)
    const publishId = losses > 0 ? `${id}:${losses}` : id
    const waiting = { order: this.published, id, publishId, body, done }
    this.count(1)
    if (this.isPaused || this.isClosed) this.hold(lane)
    if (lane.isHeld) this.wait(lane, waiting)
    else void this.send(lane, waiting)
    return done.promise
  }

  private hold(lane: Lane) {
    lane.isHeld = true
    if (lane.inFlight === 0) this.held.add(lane)
  }

  private wait(lane: Lane, waiting: Waiting) {
    if (this.waitingCount > MAX_WAITING || this.isClosed) return this.refuse(waiting)
    lane.waiting.push(waiting)
    // Of several events in flight the later one may have failed first.
    if (lane.inFlight > 0) lane.waiting.sort((a, b) => a.order - b.order)
  }

  private async send(lane: Lane, waiting: Waiting) {
    lane.inFlight += 1
    try {
      this.confirm(waiting, await this.append(lane, waiting))
    } catch (err) {
      const { subject } = lane
      if (!lane.isHeld) this.parts.logger.warn({ err, subject }, 'event not published, will retry')
      lane.isHeld = true
      this.wait(lane, waiting)
    }
    lane.inFlight -= 1
    if (lane.inFlight > 0) return
    if (lane.isHeld) this.held.add(lane)
    else this.lanes.delete(lane.subject)
  }

  /** As the client's `publish`, but for the cost of its requests. @throws where the stream has not taken it */
  private async append({ subject }: Lane, { publishId, body }: Waiting): Promise<PubAck> {
    const header = headers()
    header.set(PubHeaders.MsgIdHdr, publishId)
    const answer = await this.parts.bus.request(subject, body, { timeoutMs: TIMEOUT_MS, headers: header })
    const ack = answer.json<PubAck | { error: ApiError }>()
    if ('error' in ack) throw new JetStreamApiError(ack.error)
    return ack
  }

  private confirm({ id, done }: Waiting, { seq }: PubAck) {
    this.count(-1)
    const now = performance.now()
    if (now - this.lastAt > PAUSE_MS) this.beforePauses.push(this.last)
    this.lastAt = now
    if (seq > this.last.seq) this.last = { seq, eventId: id }
    done.resolve()
  }

  /** Goes on with more lanes as long as the stream takes everything. */
  private async retry() {
    while (this.held.size > 0) {
      const lanes = [...this.held].slice(0, LANES_PER_RETRY)
      const areDone = await Promise.all(lanes.map((lane) => this.resend(lane)))
      if (!areDone.every(Boolean)) return
    }
  }

  /** The first event tells whether the stream takes events again; then the others follow together. */
  private async resend(lane: Lane): Promise<boolean> {
    // Behind the other lanes, should it fail again.
    this.held.delete(lane)
    this.held.add(lane)
    for (let isFirst = true; lane.waiting.length > 0; isFirst = false) {
      if (this.isPaused || this.isClosed) return false
      const sent = lane.waiting.splice(0, isFirst ? 1 : lane.waiting.length)
      const failed = await this.appendAll(lane, sent)
      lane.waiting.unshift(...failed)
      if (failed.length > 0) return false
    }
    this.held.delete(lane)
    lane.isHeld = false
    this.lanes.delete(lane.subject)
    return true
  }

  /** @returns those that failed, in order */
  private async appendAll(lane: Lane, sent: Waiting[]): Promise<Waiting[]> {
    const appending = sent.map((each) =>
      this.append(lane, each).then(
        (ack) => void this.confirm(each, ack),
        () => each,
      ),
    )
    return (await Promise.all(appending)).filter((each) => each !== undefined)
  }

  private drop({ waiting }: Lane) {
    for (const each of waiting.splice(0)) this.refuse(each)
  }

  private refuse({ done }: Waiting) {
    this.count(-1)
    const reason = this.isClosed ? 'The process stops' : 'Too many events wait for the stream'
    done.reject(new QueueFull(reason))
  }

  private count(by: number) {
    this.waitingCount += by
    // Services that share a process share the metric.
    this.parts.bus.metrics.owed.inc(by)
  }
}
