import {
  type Bus,
  type Connection,
  DutyCycle,
  LeaderLease,
  type Logger,
  type Metrics,
  Periodic,
  type Scope,
} from '@chat/service'
import type { MessageDoc } from '../send/message-doc.ts'
import type { MessageStore } from '../send/message-store.ts'
import { withIds } from '../send/room-ids.ts'
import { IndexReader } from './index-reader.ts'
import { IndexUpgrade } from './index-upgrade.ts'
import { type Removal, RemovalStore } from './maintenance/removal-store.ts'
import { SegmentMaintenance } from './maintenance/segment-maintenance.ts'
import { OldIndex } from './old-index.ts'
import { SearchIndex } from './search-index.ts'
import { SegmentStore } from './segments/segment-store.ts'

const LEASE_MS = 10_000
const PASS_MS = 2_000
/** Rests of background work, in durations of its pieces. */
const MERGE_REST = 4
const WALK_REST = 1

export const openSearchStores = (connection: Connection) => ({
  segments: new SegmentStore(connection),
  removals: new RemovalStore(connection),
  oldIndex: new OldIndex(connection),
})

type Parts = ReturnType<typeof openSearchStores> & {
  connection: Connection
  store: MessageStore
  bus: Bus
  logger: Logger
  metrics: Metrics
}

/** The search index: what feeds it, what reads it, and the work on it that one instance at a time does. */
export async function openSearch(scope: Scope, parts: Parts) {
  const { store, logger, connection, metrics } = parts
  const readMessages = (ids: string[]) => store.model.find(withIds(ids)).lean<MessageDoc[]>()
  const index = await scope.use('search index', new SearchIndex({ ...parts, readMessages }))
  const upgrade = new IndexUpgrade({
    ...parts,
    add: index.add,
    pace: new DutyCycle(WALK_REST),
    addPage: index.addStored,
  })
  const failed = (err: unknown) => logger.warn({ err }, 'work on the search index failed, will try again')
  const open = async () => startWork(parts, upgrade, failed)
  const lease = { connection, metrics, name: 'search index', leaseMs: LEASE_MS, open, failed }
  const leader = await scope.use('search index work', new LeaderLease(lease))
  leader.check().catch(failed)
  return { searchIndex: index, searchReader: new IndexReader({ ...parts, upgrade }) }
}

function startWork(parts: Parts, upgrade: IndexUpgrade, failed: (error: unknown) => void) {
  const closing = new AbortController()
  const { signal } = closing
  const onRemoved: (removals: readonly Removal[]) => Promise<void> = async (removals) => {
    if (!(await upgrade.isDone())) await parts.oldIndex.remove(removals)
  }
  const maintenance = new SegmentMaintenance({ ...parts, onRemoved, pace: new DutyCycle(MERGE_REST) }, signal)
  const unlessClosing = (error: unknown) => {
    if (!signal.aborted) failed(error)
  }
  const works = [maintenance.run, () => upgrade.run(signal)].map(
    (work) => new Periodic(PASS_MS, work, unlessClosing),
  )
  return {
    close: async () => {
      closing.abort()
      await Promise.all(works.map((work) => work.close()))
    },
  }
}
