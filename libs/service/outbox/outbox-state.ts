// The transitions of what the instances of a service know together about their outbox. README.md explains the protocol.

/** A place in the stream, and the event that was there. `seq` 0: none. */
export type StreamPlace = { seq: number; eventId: string }

/** An instance that stores events. All that it has stored until `settledUntil` is published and derived. */
export type Writer = { id: string; beat: number; settledUntil: number }

/** All that any instance has stored until `settledUntil` stands in the stream at `position` or before. */
export type Checkpoint = { settledUntil: number; position: StreamPlace }

/** Times are stored times in ms: see StoredClock. */
export type OutboxState = {
  _id: 'outbox'
  version: number
  /** Identifies the data. A restored backup gets another one. */
  epoch: string
  /** When the stream was created, by its server; null before the first look at it. */
  stream: string | null
  /** How often the stream lost events. A position is good for the count that its writer knew. */
  losses: number
  writers: Writer[]
  /** The furthest place in the stream that any writer knows: of a confirmed event, or the end after a recovery. */
  position: StreamPlace
  /** Oldest first. */
  checkpoints: Checkpoint[]
  /** Every durable consumer has handled what was stored until then. */
  handledUntil: number
  recovery: Recovery | null
}

/**
 * What is stored from `from` on has to be compared with the stream, and derived again where its writer has ended.
 * `demands`: how often that was demanded. A comparison that began before the last demand does not meet it.
 */
export type Recovery = { from: number; derives: boolean; by: string; demands: number }

export const nowhere: StreamPlace = { seq: 0, eventId: '' }
/** Of the time back to a checkpoint, this part may lie between it and the next one. */
const MAX_PER_AGE = 4
const SPACING_MS = 5_000

export const emptyState = (epoch: string, handledUntil: number): OutboxState => ({
  _id: 'outbox',
  version: 1,
  epoch,
  stream: null,
  losses: 0,
  writers: [],
  position: nowhere,
  checkpoints: [],
  handledUntil,
  recovery: null,
})

/**
 * Of data that are restored into an empty store, whose stream is gone. All that is stored from `from` on is published
 * again: consumers' data may be older than that.
 */
export const restoredState = (epoch: string, from: number): OutboxState => ({
  ...emptyState(epoch, from),
  recovery: { from, derives: true, by: '', demands: 1 },
})

/** The highest stored time that anybody relies on. A new writer stores later than that. */
export const latestTime = ({ checkpoints, handledUntil }: OutboxState) =>
  Math.max(handledUntil, checkpoints.at(-1)?.settledUntil ?? 0)

/**
 * How far a writer has settled what it stored, and its last confirmed place in the stream. It was compared with the stream
 * while the state had this position and count of losses.
 */
export type Claim = { settledUntil: number; position: StreamPlace; basis: Basis }
export type Basis = Pick<OutboxState, 'position' | 'losses'>

/** Whether what was compared with the stream then still tells about the state now. */
export const isUnchangedSince = ({ position, losses }: OutboxState, basis: Basis) =>
  losses === basis.losses &&
  position.seq === basis.position.seq &&
  position.eventId === basis.position.eventId

/** A writer's heartbeat. It makes a checkpoint of what all writers have settled, unless a recovery is under way. */
export function renew(state: OutboxState, id: string, { settledUntil, position, basis }: Claim): OutboxState {
  const own = state.writers.find((writer) => writer.id === id)
  const others = state.writers.filter((writer) => writer.id !== id)
  const isCurrent = isUnchangedSince(state, basis)
  const claimed = isCurrent ? settledUntil : Math.min(settledUntil, own?.settledUntil ?? settledUntil)
  const writers = [...others, { id, beat: (own?.beat ?? 0) + 1, settledUntil: claimed }]
  const known = isCurrent && position.seq > state.position.seq ? position : state.position
  const settled = Math.min(...writers.map((writer) => writer.settledUntil))
  // A writer that was taken for dead may come back with writes that are older than what was claimed without it.
  const checkpoints = state.checkpoints.filter((checkpoint) => checkpoint.settledUntil <= settled)
  const handledUntil = Math.min(state.handledUntil, settled)
  const renewed = { ...state, writers, position: known, checkpoints, handledUntil }
  return state.recovery ? renewed : withCheckpoint(renewed, settled)
}

/** The last one is always as new as can be; those before it are some seconds apart. */
function withCheckpoint(state: OutboxState, settledUntil: number): OutboxState {
  const { position, checkpoints } = state
  const [before, last = before] = checkpoints.slice(-2)
  const isSamePlace = last?.position.seq === position.seq
  const isClose = before && last && last.settledUntil - before.settledUntil < SPACING_MS
  const kept = isSamePlace || (isClose && last !== before) ? checkpoints.slice(0, -1) : checkpoints
  return { ...state, checkpoints: thinned([...kept, { settledUntil, position }]) }
}

/** The older they are, the farther apart: a consumer that is far behind needs old ones, but not many. */
function thinned(checkpoints: Checkpoint[]): Checkpoint[] {
  const newest = checkpoints.at(-1)?.settledUntil ?? 0
  const kept = checkpoints.slice(-2)
  for (const each of checkpoints.slice(0, -2).reverse()) {
    const next = kept[0] as Checkpoint
    const apart = Math.max(SPACING_MS, (newest - each.settledUntil) / MAX_PER_AGE)
    if (next.settledUntil - each.settledUntil >= apart) kept.unshift(each)
  }
  return kept
}

type Loss = { stream: string; end: StreamPlace; surviving: Checkpoint[]; by: string }

/** The stream is another one, or has lost events behind the last of the `surviving` checkpoints. It ends at `end` now. */
export function noteLoss(state: OutboxState, { stream, end, surviving, by }: Loss): OutboxState {
  const from = surviving.at(-1)?.settledUntil ?? state.handledUntil
  const lost = { ...state, stream, losses: state.losses + 1, position: end, checkpoints: surviving }
  return demandRecovery(lost, { from, derives: false, by })
}

/** `by` does it, unless somebody is at one. */
export function demandRecovery(state: OutboxState, demand: Omit<Recovery, 'demands'>): OutboxState {
  const known = state.recovery ?? { ...demand, demands: 0 }
  const from = Math.min(known.from, demand.from)
  const derives = known.derives || demand.derives
  return { ...state, recovery: { from, derives, by: known.by, demands: known.demands + 1 } }
}

/** Takes over from an instance that has ended. */
export const takeRecovery = (state: OutboxState, by: string): OutboxState =>
  state.recovery ? { ...state, recovery: { ...state.recovery, by } } : state

/** @param end the end of the stream after it @returns null where it has to be compared again */
export function finishRecovery(state: OutboxState, done: Recovery, basis: Basis, end: StreamPlace) {
  const { recovery } = state
  const isSame = recovery?.by === done.by && recovery.demands === done.demands
  if (!isSame || !isUnchangedSince(state, basis)) return null
  return { ...state, recovery: null, position: end.seq > state.position.seq ? end : state.position }
}

/** Takes out a writer that has ended. One that has shown life since stays. */
export function removeWriter(
  state: OutboxState,
  { id, beat }: Pick<Writer, 'id' | 'beat'>,
): OutboxState | null {
  const writers = state.writers.filter((writer) => writer.id !== id || writer.beat !== beat)
  return writers.length === state.writers.length ? null : { ...state, writers }
}

/** Notes that every consumer has handled the stream up to `seq`. */
export function noteHandled(state: OutboxState, seq: number): OutboxState | null {
  if (state.recovery) return null
  const handled = state.checkpoints.findLast(({ position }) => position.seq <= seq)
  if (!handled || handled.settledUntil <= state.handledUntil) return null
  return { ...state, handledUntil: handled.settledUntil }
}
