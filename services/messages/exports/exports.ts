import { type Export, Fault, type Input } from '@chat/contract'
import { cursorAfter, decodeKey } from '@chat/service'
import type { Operation, Parts } from '../parts.ts'
import { MAX_COUNT } from '../read/page-size.ts'
import { requireRoom } from '../read/visible-message.ts'
import { linkTo, whileMember } from './export-notices.ts'
import { type ExportDoc, isExpired, isOver, newExport } from './export-store.ts'

const DEFAULT_LIMIT = 20
const RETRY_AFTER_MS = 5_000
/** After so long a slot without an export belongs to a process that died before it stored the export. */
const EMPTY_SLOT_MS = 60_000
const PLATFORM_MAX_OPEN = 20
/** The `userId` of exports that platforms have requested. */
const PLATFORM = ''
const STATES = { waiting: 'WAITING', running: 'RUNNING', ready: 'READY', failed: 'FAILED' } as const

type Wanted = Input<'exportMessages'>

/** @throws ROOM_NO_EXISTS, MAIL_NOT_CONFIGURED, RATE_LIMITED while another export of the user is not over */
export const exportMessages: Operation<'exportMessages'> = async (parts, caller, wanted) => {
  requirePeriod(wanted)
  using _pass = await parts.access.enter(caller, wanted.roomId)
  const doc = await draft(parts, caller.userId, wanted)
  await takeSlot(parts, doc)
  return await queue(parts, doc)
}

/** @throws ROOM_NO_EXISTS, MAIL_NOT_CONFIGURED, RATE_LIMITED while too many are not over */
export const startExport: Operation<'startExport'> = async (parts, caller, wanted) => {
  requirePeriod(wanted)
  await requireRoom(parts.bus, caller, wanted.roomId)
  const doc = await draft(parts, PLATFORM, wanted)
  if ((await parts.exportStore.countOpen(PLATFORM)) >= PLATFORM_MAX_OPEN) throw busy()
  return queue(parts, doc)
}

/** @throws FILE_NO_EXISTS where it is gone or another user's, ROOM_NO_EXISTS where the caller has left the room */
export const getOwnExport: Operation<'getOwnExport'> = async (parts, { userId }, { exportId }) => {
  const doc = await find(parts, exportId)
  if (userId === PLATFORM || doc.userId !== userId) throw new Fault('FILE_NO_EXISTS')
  return whileMember(parts, doc, () => presentWithLink(parts, doc))
}

/** @throws FILE_NO_EXISTS */
export const getExport: Operation<'getExport'> = async (parts, _caller, { exportId }) =>
  presentWithLink(parts, await find(parts, exportId))

export const listOwnExports: Operation<'listOwnExports'> = async (parts, { userId }, page) => {
  if (userId === PLATFORM) throw new Fault('CLIENT_ID_NO_EXISTS')
  return list(parts, page, userId)
}

export const listExports: Operation<'listExports'> = (parts, _caller, page) => list(parts, page, null)

async function list({ exportStore }: Parts, page: Input<'listExports'>, userId: string | null) {
  const { limit = DEFAULT_LIMIT, cursor } = page
  const most = Math.min(limit, MAX_COUNT)
  const before = cursor === undefined ? undefined : decodeKey(cursor)
  const docs = await exportStore.list(userId, before, most + 1)
  const shown = docs.slice(0, most)
  return { list: shown.map(presentExport), nextCursor: cursorAfter(shown, docs, ({ _id }) => _id) }
}

async function find({ exportStore }: Parts, exportId: string): Promise<ExportDoc> {
  const doc = await exportStore.find(exportId)
  if (!doc || isExpired(doc)) throw new Fault('FILE_NO_EXISTS')
  return doc
}

function requirePeriod({ from, to }: Wanted) {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
    throw new Fault('INVALID_REQUEST', { message: 'The period ends before it begins' })
}

async function draft(parts: Parts, userId: string, { roomId, format, email, from, to }: Wanted) {
  if (email !== undefined && !parts.mailer) throw new Fault('MAIL_NOT_CONFIGURED')
  return newExport({
    userId,
    roomId,
    format,
    email: email ?? null,
    from: from === undefined ? null : new Date(from),
    to: to === undefined ? null : new Date(to),
    lastSeq: await parts.store.lastSeq(roomId),
  })
}

async function queue({ exportStore, exportWorker }: Parts, doc: ExportDoc) {
  await exportStore.insert(doc)
  exportWorker.wake()
  return { exportId: doc._id }
}

/** Frees the slot and tries again where nothing needs the slot any more. */
async function takeSlot(parts: Parts, doc: ExportDoc): Promise<void> {
  const { exportStore } = parts
  const held = await exportStore.takeSlot(doc.userId, doc._id)
  if (!held) return
  const other = await exportStore.find(held.exportId)
  const isFree = other ? isOver(other) : held.createdAt.getTime() < Date.now() - EMPTY_SLOT_MS
  if (!isFree) throw busy(held.exportId)
  await exportStore.freeSlot(doc.userId, held.exportId)
  await takeSlot(parts, doc)
}

const busy = (exportId?: string) =>
  new Fault('RATE_LIMITED', {
    message: 'Another export of yours is not finished yet',
    retryAfterMs: RETRY_AFTER_MS,
    ...(exportId !== undefined && { data: { exportId } }),
  })

const presentWithLink = async (parts: Parts, doc: ExportDoc): Promise<Export> => ({
  ...presentExport(doc),
  ...(doc.state === 'ready' && (await linkTo(parts, doc))),
})

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
