import {
  type Checkpoint,
  type Claim,
  demandRecovery,
  emptyState,
  finishRecovery,
  latestTime,
  noteHandled,
  noteLoss,
  nowhere,
  type OutboxState,
  type Recovery,
  removeWriter,
  renew,
  type StreamPlace,
  takeRecovery,
} from '../outbox-state.ts'

// The protocol of the outbox over a simulated store and stream. Each method of an instance is one step: between any
// two of them others may take steps, the instance may stop or die, and the stream may lose its end.

export type Event = { id: string; at: number }

export class World {
  /** Real time. Instances' clocks are off by constants. */
  time = 1_000
  state: OutboxState = emptyState('epoch', 0)
  readonly stored: Event[] = []
  stream: string[] = []
  /** How often the stream was away. */
  pauses = 0
  /** Grows when the stream is made anew. */
  streamCount = 0
  firstSeq = 1
  /** What consumers have handled; they know it again. */
  readonly handled = new Set<string>()
  handledSeq = 0
  readonly acked = new Set<string>()

  get lastSeq() {
    return this.firstSeq - 1 + this.stream.length
  }

  idAt(seq: number): string | undefined {
    return this.stream[seq - this.firstSeq]
  }

  get end(): StreamPlace {
    return { seq: this.lastSeq, eventId: this.idAt(this.lastSeq) ?? '' }
  }

  holds = ({ seq, eventId }: StreamPlace) =>
    seq <= this.lastSeq && (eventId === '' || this.idAt(seq) === eventId)

  /** The stream drops an event that it has. */
  append(id: string): StreamPlace {
    const known = this.stream.indexOf(id)
    if (known >= 0) return { seq: this.firstSeq + known, eventId: id }
    this.stream.push(id)
    return { seq: this.lastSeq, eventId: id }
  }

  /** The server dies: it is away for a moment. */
  loseEnd(count: number) {
    this.pauses += 1
    this.stream.splice(Math.max(0, this.stream.length - count))
    this.handledSeq = Math.min(this.handledSeq, this.lastSeq)
  }

  purge() {
    this.firstSeq = this.lastSeq + 1
    this.stream = []
    this.handledSeq = this.firstSeq - 1
  }

  makeAnew() {
    this.streamCount += 1
    this.stream = []
    this.firstSeq = 1
    this.handledSeq = 0
  }

  consume(count: number) {
    for (
      let seq = Math.max(this.handledSeq + 1, this.firstSeq);
      seq <= this.lastSeq && count > 0;
      seq++, count--
    ) {
      this.handled.add(this.idAt(seq) as string)
      this.handledSeq = seq
    }
  }
}

type Write = Event & { isApplied: boolean; isAcked: boolean }
type Doubt = { from: number; isDemanded: boolean }
type Walk = { recovery: Recovery; published: Set<string>; end: StreamPlace }
type Sight = { beat: number; isEnded: boolean; recoveries: number }

export class Instance {
  readonly id: string
  isAlive = true
  isStopped = false
  private readonly world: World
  private readonly origin: number
  private isFresh = true
  /** Writes on their way to the store. They may arrive after the instance has died. */
  private sending: Write[] = []
  private open: Write[] = []
  private queue: Write[] = []
  private confirming: { write: Write; place: StreamPlace; pauses: number }[] = []
  private last = nowhere
  /** Where the stream confirmed the last event before each pause, since the last look. */
  private beforePauses: StreamPlace[] = []
  private lastPauses = 0
  /** What was compared with the stream since. */
  private claim: Claim
  private readonly sights = new Map<string, Sight>()
  private walk: Walk | null = null
  private writes = 0
  private doubt: Doubt | null = null

  constructor(world: World, id: string, clockError: number) {
    this.world = world
    this.id = id
    this.origin = Math.max(world.time + clockError, latestTime(world.state) + 1) - world.time
    const { position } = world.state
    this.claim = { settledUntil: this.now - 1, position, basis: world.state }
    this.renew()
  }

  get runs() {
    return this.isAlive && !this.isStopped
  }

  get now() {
    return this.origin + this.world.time
  }

  begin() {
    this.writes += 1
    const write = { id: `${this.id}-${this.writes}`, at: this.now, isApplied: false, isAcked: false }
    this.sending.push(write)
    this.open.push(write)
  }

  /** The store takes a write that was sent, whatever has become of its sender. */
  arrive() {
    const write = this.sending.shift()
    if (!write) return
    write.isApplied = true
    this.world.stored.push(write)
  }

  /** What has not arrived by now never will. */
  giveUp() {
    this.sending = []
  }

  get hasSending() {
    return this.sending.length > 0
  }

  ack() {
    const write = this.open.find(({ isApplied, isAcked }) => isApplied && !isAcked)
    if (!write) return
    // An instance that was away renews its record first.
    if (!this.isFresh) this.renew()
    write.isAcked = true
    this.world.acked.add(write.id)
    this.queue.push(write)
  }

  /** A write fails, and the instance does not learn whether it is stored. */
  fail() {
    const write = this.open.find(({ isAcked }) => !isAcked)
    if (!write) return
    this.open = this.open.filter((each) => each !== write)
    this.doubt = { from: Math.min(write.at, this.doubt?.from ?? write.at), isDemanded: false }
  }

  private get dueDoubt() {
    return this.hasSending ? null : this.doubt
  }

  publish() {
    const [write] = this.queue
    if (!write) return
    this.confirming.push({ write, place: this.world.append(write.id), pauses: this.world.pauses })
    this.queue.shift()
  }

  /** The answer to a publish is lost: it is published again. */
  loseConfirmation() {
    const lost = this.confirming.pop()
    if (lost) this.queue.unshift(lost.write)
  }

  confirm() {
    const confirmed = this.confirming.shift()
    if (!confirmed) return
    const { write, place, pauses } = confirmed
    this.open = this.open.filter((each) => each !== write)
    if (pauses !== this.lastPauses) this.beforePauses.push(this.last)
    this.lastPauses = pauses
    if (place.seq > this.last.seq) this.last = place
  }

  get settledUntil() {
    return Math.min(this.now, this.doubt?.from ?? this.now, ...this.open.map(({ at }) => at)) - 1
  }

  renew() {
    this.world.state = renew(this.world.state, this.id, this.claim)
    this.isFresh = true
  }

  stop() {
    this.isStopped = true
  }

  /** Stops in order. Where something is open, or the stream has lost something, its record stays. */
  close() {
    this.isAlive = false
    if (this.open.length > 0 || this.doubt || !this.seesWhole) return
    const { world, id, last: position, settledUntil } = this
    const renewed = renew(world.state, id, { settledUntil, position, basis: world.state })
    const own = renewed.writers.find((writer) => writer.id === id)
    world.state = (own && removeWriter(renewed, own)) ?? renewed
  }

  resume() {
    this.isStopped = false
    this.isFresh = false
  }

  /** Compares the places that are known with the stream. */
  look() {
    const { world } = this
    const stream = String(world.streamCount)
    const isSame = world.state.stream === stream
    if (this.seesWhole) {
      const { settledUntil, last: position } = this
      this.claim = { settledUntil, position, basis: world.state }
      this.beforePauses = []
      return
    }
    if (world.state.stream === null) {
      world.state = { ...world.state, stream }
      return
    }
    const surviving = isSame ? survivingIn(world, world.state.checkpoints) : []
    world.state = noteLoss(world.state, { stream, end: world.end, surviving, by: this.id })
    this.last = nowhere
    this.beforePauses = []
  }

  private get seesWhole() {
    const { state, streamCount, firstSeq, holds } = this.world
    if (state.stream !== String(streamCount) || firstSeq > state.position.seq + 1) return false
    return [state.position, this.last, ...this.beforePauses].every(holds)
  }

  /** @param isGone whether another instance has ended, or seems to have @param isLate whether its writes have arrived */
  watch(isGone: (id: string) => boolean, isLate: (id: string) => boolean) {
    for (const writer of this.world.state.writers) {
      if (writer.id === this.id) continue
      const known = this.sights.get(writer.id)
      const sight = known?.beat === writer.beat ? known : { beat: writer.beat, isEnded: false, recoveries: 0 }
      this.sights.set(writer.id, sight)
      sight.isEnded ||= isGone(writer.id)
      if (!sight.isEnded) continue
      if (sight.recoveries === 2 && this.world.state.recovery === null)
        this.world.state = removeWriter(this.world.state, writer) ?? this.world.state
      if (sight.recoveries > (isLate(writer.id) ? 1 : 0)) continue
      sight.recoveries += 1
      const demand = { from: writer.settledUntil, derives: true, by: this.id }
      this.world.state = demandRecovery(this.world.state, demand)
    }
    const { dueDoubt, id: by } = this
    if (dueDoubt?.isDemanded && this.world.state.recovery === null) this.doubt = null
    if (!dueDoubt || dueDoubt.isDemanded) return
    this.world.state = demandRecovery(this.world.state, { from: dueDoubt.from, derives: true, by })
    dueDoubt.isDemanded = true
  }

  /** Reads the stream. */
  beginRecovery(isGone: (id: string) => boolean) {
    const { recovery } = this.world.state
    if (!recovery || this.walk || (recovery.by !== this.id && !isGone(recovery.by))) return
    this.world.state = takeRecovery(this.world.state, this.id)
    const now = this.world.state.recovery as Recovery
    this.walk = {
      recovery: now,
      published: new Set(this.world.stream),
      end: this.world.end,
    }
  }

  /** Walks the store and publishes what is absent. */
  endRecovery() {
    const { walk, world } = this
    if (!walk) return
    this.walk = null
    for (const { id, at } of world.stored)
      if (at >= walk.recovery.from && !walk.published.has(id)) world.append(id)
    // What was read may be lost by now: then it has to be read again.
    if (!this.seesWhole || !world.holds(walk.end)) return
    const { end } = world
    world.state = finishRecovery(world.state, walk.recovery, world.state, end) ?? world.state
  }

  noteHandled() {
    const { world } = this
    // What was lost is no longer pending at any consumer, and so seems to be handled.
    if (!this.seesWhole) return
    world.state = noteHandled(world.state, world.handledSeq) ?? world.state
  }
}

const survivingIn = (world: World, checkpoints: Checkpoint[]) => {
  const last = checkpoints.findLastIndex(({ position }) => world.holds(position))
  return checkpoints.slice(0, last + 1)
}
