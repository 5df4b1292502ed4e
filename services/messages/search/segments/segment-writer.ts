import { isGone, type Message } from '@chat/contract'
import { mapInSlices } from '@chat/service'
import { type RemovalStore, removalOf } from '../maintenance/removal-store.ts'
import { termsOf } from '../search-terms.ts'
import type { Entry } from './entry-chunk.ts'
import { buildSegment, type Indexed } from './segment-builder.ts'
import type { SegmentStore } from './segment-store.ts'

/** What the index needs of a message. */
export type MessageState = Pick<
  Message,
  '_id' | 'roomId' | 'seq' | 'data' | 'status' | 'createdAt' | 'updatedAt'
>

/** In one segment: few enough to sort within some milliseconds. */
const MAX_TERMS = 200_000
/** States that are older must be read again: what removes them from the index may be forgotten. */
export const MAX_AGE_MS = 60_000

export class StatesOutdated extends Error {
  override name = 'StatesOutdated'
}

/** Writes states of messages into new segments. What they replace is noted to be removed. */
export class SegmentWriter {
  private readonly segments: SegmentStore
  private readonly removals: RemovalStore

  constructor(segments: SegmentStore, removals: RemovalStore) {
    this.segments = segments
    this.removals = removals
  }

  /**
   * @param states one of each message
   * @param asOf by `performance.now()`: each was the message's state then
   * @throws StatesOutdated
   */
  async write(states: readonly MessageState[], asOf: number) {
    const indexed = await mapInSlices(states, indexedOf)
    await this.removals.add(indexed.filter(({ version }) => version > 0).map(removalOf))
    for (const messages of inSegments(indexed.filter(({ terms }) => terms.length > 0)))
      await this.writeSegment(messages, asOf)
  }

  private async writeSegment(messages: Indexed[], asOf: number) {
    const { segment, parts } = await buildSegment(messages)
    const _id = await this.segments.begin('writer')
    const isOutdated = performance.now() - asOf > MAX_AGE_MS
    if (!isOutdated) await this.segments.put(_id, parts)
    if (isOutdated || !(await this.segments.commit({ _id, replaces: [], ...segment })))
      throw new StatesOutdated()
  }
}

const timeOf = (date: string) => Math.max(0, Date.parse(date))

export function entryOf({ roomId, seq, ...state }: MessageState): Entry {
  const createdAt = timeOf(state.createdAt)
  return { roomId, seq, createdAt, version: Math.max(0, timeOf(state.updatedAt) - createdAt) }
}

/** A message that is gone has no terms. */
const indexedOf = (state: MessageState): Indexed => ({
  ...entryOf(state),
  terms: isGone(state) ? [] : termsOf(state.data, state.roomId),
})

function* inSegments(messages: Indexed[]): Generator<Indexed[]> {
  let segment: Indexed[] = []
  let terms = 0
  for (const message of messages) {
    if (segment.length > 0 && terms + message.terms.length > MAX_TERMS) {
      yield segment
      segment = []
      terms = 0
    }
    segment.push(message)
    terms += message.terms.length
  }
  if (segment.length > 0) yield segment
}
