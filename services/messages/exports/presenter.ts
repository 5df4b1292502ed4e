import type { Export } from '@chat/contract'
import type { ExportDoc } from './export-store.ts'

const STATES = { waiting: 'WAITING', running: 'RUNNING', ready: 'READY', failed: 'FAILED' } as const

export const presentExport = (doc: ExportDoc): Export => ({
  exportId: doc._id,
  roomId: doc.roomId,
  userId: doc.userId || null,
  format: doc.format,
  state: STATES[doc.state],
  progress: progressOf(doc),
  url: null,
  expiresAt: null,
  createdAt: doc.createdAt.toISOString(),
})

function progressOf({ state, firstSeq, lastSeq, seenSeq }: ExportDoc): number {
  if (state === 'ready') return 100
  if (state !== 'running') return 0
  const seen = Math.max(0, seenSeq - firstSeq + 1)
  return Math.min(99, Math.floor((100 * seen) / Math.max(1, lastSeq - firstSeq + 1)))
}
