import { type Caller, type Export, Fault, type Input, type Output } from '@chat/contract'
import { cursorAfter, decodeKey } from '@chat/service'
import { MAX_COUNT } from '../read/page-size.ts'
import { linkTo, whileMember } from './export-notices.ts'
import { removeExports } from './export-removal.ts'
import { type ExportDoc, isExpired, isOver, newExport } from './export-store.ts'
import type { OperationParts } from './parts.ts'
import { presentExport } from './presenter.ts'

const DEFAULT_LIMIT = 20
const RETRY_AFTER_MS = 5_000
/** After so long a slot without an export belongs to a process that died before it stored the export. */
const EMPTY_SLOT_MS = 60_000
const PLATFORM_MAX_OPEN = 20
/** The `userId` of exports that platforms have requested. */
const PLATFORM = ''

type Wanted = Input<'exportMessages'>
type Page = Input<'listExports'>
type List = Output<'listExports'>

export class Exports {
  private readonly parts: OperationParts

  constructor(parts: OperationParts) {
    this.parts = parts
    parts.access.onRemoved((roomId, userIds) => this.removeOfMembers(roomId, userIds))
  }

  /** @throws ROOM_NO_EXISTS, MAIL_NOT_CONFIGURED, RATE_LIMITED while another export of the user is not over */
  async start(caller: Caller, wanted: Wanted): Promise<Output<'exportMessages'>> {
    requirePeriod(wanted)
    using _pass = await this.parts.access.enter(caller, wanted.roomId)
    const doc = await this.draft(caller.userId, wanted)
    await this.takeSlot(doc)
    return await this.queue(doc)
  }

  /** @throws ROOM_NO_EXISTS, MAIL_NOT_CONFIGURED, RATE_LIMITED while too many are not over */
  async startForPlatform(caller: Caller, wanted: Wanted): Promise<Output<'startExport'>> {
    requirePeriod(wanted)
    await this.parts.bus.ask('roomFacts', caller, wanted.roomId)
    const doc = await this.draft(PLATFORM, wanted)
    if ((await this.parts.exportStore.countOpen(PLATFORM)) >= PLATFORM_MAX_OPEN) throw busy()
    return this.queue(doc)
  }

  /** @throws FILE_NO_EXISTS where it is gone or another user's, ROOM_NO_EXISTS where the caller has left the room */
  async getOwn({ userId }: Caller, exportId: string): Promise<Export> {
    const doc = await this.find(exportId)
    if (userId === PLATFORM || doc.userId !== userId) throw new Fault('FILE_NO_EXISTS')
    return whileMember(this.parts, doc, () => this.presentWithLink(doc))
  }

  /** @throws FILE_NO_EXISTS */
  async get(exportId: string): Promise<Export> {
    return this.presentWithLink(await this.find(exportId))
  }

  async listOwn({ userId }: Caller, page: Page): Promise<List> {
    if (userId === PLATFORM) throw new Fault('CLIENT_ID_NO_EXISTS')
    return this.list(page, userId)
  }

  private async find(exportId: string): Promise<ExportDoc> {
    const doc = await this.parts.exportStore.find(exportId)
    if (!doc || isExpired(doc)) throw new Fault('FILE_NO_EXISTS')
    return doc
  }

  private async presentWithLink(doc: ExportDoc): Promise<Export> {
    return { ...presentExport(doc), ...(doc.state === 'ready' && (await linkTo(this.parts, doc))) }
  }

  async list({ limit = DEFAULT_LIMIT, cursor }: Page, userId: string | null = null): Promise<List> {
    const most = Math.min(limit, MAX_COUNT)
    const before = cursor === undefined ? undefined : decodeKey(cursor)
    const docs = await this.parts.exportStore.list(userId, before, most + 1)
    const list = docs.slice(0, most).map(presentExport)
    return { list, nextCursor: cursorAfter(list, docs, ({ exportId }) => exportId) }
  }

  private async draft(userId: string, { roomId, format, email, from, to }: Wanted): Promise<ExportDoc> {
    if (email !== undefined && !this.parts.mailer) throw new Fault('MAIL_NOT_CONFIGURED')
    return newExport({
      userId,
      roomId,
      format,
      email: email ?? null,
      from: from === undefined ? null : new Date(from),
      to: to === undefined ? null : new Date(to),
      lastSeq: await this.parts.store.lastSeq(roomId),
    })
  }

  private async queue(doc: ExportDoc) {
    await this.parts.exportStore.insert(doc)
    this.parts.worker.wake()
    return { exportId: doc._id }
  }

  private async takeSlot({ _id, userId }: ExportDoc): Promise<void> {
    const { exportStore } = this.parts
    for (
      let held = await exportStore.takeSlot(userId, _id);
      held;
      held = await exportStore.takeSlot(userId, _id)
    ) {
      const other = await exportStore.find(held.exportId)
      const isFree = other ? isOver(other) : held.createdAt.getTime() < Date.now() - EMPTY_SLOT_MS
      if (!isFree) throw busy(held.exportId)
      await exportStore.freeSlot(userId, held.exportId)
    }
  }

  /** Runs before the members' removal is acked. If it fails, their links work until the exports expire. */
  private async removeOfMembers(roomId: string, userIds: string[]) {
    try {
      await removeExports(this.parts, await this.parts.exportStore.ofMembers(roomId, userIds))
    } catch (err) {
      this.parts.logger.error({ err, roomId }, 'exports of removed members not removed yet')
    }
  }
}

function requirePeriod({ from, to }: Wanted) {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
    throw new Fault('INVALID_REQUEST', { message: 'The period ends before it begins' })
}

const busy = (exportId?: string) =>
  new Fault('RATE_LIMITED', {
    message: 'Another export of yours is not finished yet',
    retryAfterMs: RETRY_AFTER_MS,
    ...(exportId !== undefined && { data: { exportId } }),
  })
