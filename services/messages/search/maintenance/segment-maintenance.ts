import type { DutyCycle } from '@chat/service'
import type { Segment } from '../segments/segment.ts'
import type { SegmentStore } from '../segments/segment-store.ts'
import { MAX_AGE_MS } from '../segments/segment-writer.ts'
import { mergeCandidates } from './merge-policy.ts'
import { type Removal, type RemovalStore, Removals } from './removal-store.ts'
import { mergeSegments } from './segment-merge.ts'
import { holdsRemoved } from './segment-removal.ts'

type Parts = {
  segments: SegmentStore
  removals: RemovalStore
  /** Told what is removed before that is forgotten. */
  onRemoved: (removals: readonly Removal[]) => Promise<void>
  pace: DutyCycle
  /** How long a writer may take, and how long a search may read what is replaced. */
  patienceMs?: { writing: number; dropped: number }
}

const PATIENCE_MS = { writing: MAX_AGE_MS, dropped: 30_000 }
const FORGET_MS = 10 * 60_000
const MAX_REMOVALS = 5_000

/** Merges segments, takes out of them what is removed, and deletes what is replaced. One instance at a time does it. */
export class SegmentMaintenance {
  private readonly parts: Parts
  private readonly signal: AbortSignal
  /** When segments that are writing or dropped were seen first, by this machine's clock. */
  private readonly seen = new Map<string, number>()
  /** Segments that hold nothing of what was removed in the last minutes. */
  private readonly checked = new Set<string>()
  private recent = new Removals()
  private recentAt = Number.NEGATIVE_INFINITY

  /** @param signal aborts when another instance may do this work */
  constructor(parts: Parts, signal: AbortSignal) {
    this.parts = parts
    this.signal = signal
  }

  /** Does all that is to be done. */
  run = async () => {
    await this.deleteUnused()
    await this.applyRemovals()
    while (await this.mergeSome()) await this.applyRemovals()
  }

  private async deleteUnused() {
    const { segments, patienceMs = PATIENCE_MS } = this.parts
    const { replaced, dropped, writing, merging } = await segments.all()
    const late = writing.filter((id) => this.isSeenFor(id, patienceMs.writing))
    // No merge is under way: these failed, or their instance has lost the lease. What is dropped cannot be committed.
    await segments.drop([...merging, ...late, ...replaced])
    for (const id of dropped.filter((each) => this.isSeenFor(each, patienceMs.dropped)))
      await segments.delete(id)
    const present = new Set([...writing, ...dropped])
    for (const id of this.seen.keys()) if (!present.has(id)) this.seen.delete(id)
  }

  private isSeenFor(id: string, ms: number): boolean {
    const first = this.seen.get(id) ?? performance.now()
    this.seen.set(id, first)
    return performance.now() - first > ms
  }

  private async applyRemovals() {
    const { segments, removals, onRemoved } = this.parts
    if (performance.now() - this.recentAt > FORGET_MS) await this.loadRecent()
    const pending = await removals.pending(MAX_REMOVALS)
    const added = new Removals(pending)
    this.recent.add(pending)
    for (const segment of await segments.ready()) {
      const relevant = this.checked.has(segment._id) ? added : this.recent
      if (await holdsRemoved(segments, segment, relevant)) await this.merge([segment])
      else this.checked.add(segment._id)
    }
    await onRemoved(pending)
    await removals.markApplied(pending)
  }

  private async loadRecent() {
    await this.parts.removals.deleteOld()
    this.recent = new Removals(await this.parts.removals.applied())
    this.recentAt = performance.now()
  }

  private async mergeSome(): Promise<boolean> {
    const live = await this.parts.segments.ready()
    const chosen = mergeCandidates(live)
    if (chosen.length > 0) await this.merge(chosen)
    const ids = new Set(live.map(({ _id }) => _id))
    for (const id of this.checked) if (!ids.has(id)) this.checked.delete(id)
    return chosen.length > 0
  }

  private async merge(chosen: Segment[]) {
    const { segments: store, pace } = this.parts
    const { signal } = this
    const merged = await mergeSegments({ store, segments: chosen, isRemoved: this.recent.has, pace, signal })
    if (merged) this.checked.add(merged._id)
  }
}
