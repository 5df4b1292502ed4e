import type { Segment } from '../segments/segment.ts'

/** Segments of fewer messages than this are of one level. Those of the highest level are left as they are. */
const LEVELS = [512, 4_096, 32_768]
/** So many of a level become one of the next: each message is merged a few times, and a search reads few segments. */
const FACTOR = 8
const MAX_COUNT = 262_144

const levelOf = ({ count }: Segment) => LEVELS.findIndex((limit) => count < limit)

/** Segments to be merged next, the smallest level first; none where that has time. */
export function mergeCandidates(segments: readonly Segment[]): Segment[] {
  for (const level of LEVELS.keys()) {
    const alike = segments.filter((segment) => levelOf(segment) === level)
    if (alike.length >= FACTOR) return upToCount(alike)
  }
  return []
}

/** Neighbours in time. */
function upToCount(segments: Segment[]): Segment[] {
  const byTime = segments.toSorted((one, other) => one.to.getTime() - other.to.getTime())
  const chosen: Segment[] = []
  for (let count = 0; byTime[chosen.length] && (chosen.length < 2 || count <= MAX_COUNT); ) {
    const next = byTime[chosen.length] as Segment
    chosen.push(next)
    count += next.count
  }
  return chosen
}
