import { type Caller, type Export, Fault, type Input, type Output } from '@chat/contract'
import { type Bus, cursorAfter, decodeKey, type Logger } from '@chat/service'
import { MAX_COUNT } from '../read/page-size.ts'
import type { AccessCache } from '../send/access-cache.ts'
import type { MessageStore } from '../send/message-store.ts'
import type { ExportNotices } from './export-notices.ts'
import { type ExportDoc, type ExportStore, isExpired, isOver, newExport } from './export-store.ts'
import type { ExportWorker } from './export-worker.ts'
import { presentExport } from './presenter.ts'

const DEFAULT_LIMIT = 20
const RETRY_AFTER_MS = 5_000
/** Who took a slot and died before they stored their export. */
const EMPTY_SLOT_MS = 60_000
const PLATFORMS_AT_ONCE = 20
/** Whose exports those of platforms are. */
const PLATFORM = ''

type Wanted = Input<'exportMessages'>
type Page = Input<'listExports'>
type List = Output<'listExports'>
type Parts = {
  store: MessageStore
  exports: ExportStore
  notices: ExportNotices
  worker: ExportWorker
  access: AccessCache
  bus: Bus
  sendsMail: boolean
  logger: Logger
}

/** What people ask about exports; the work is done by `ExportWorker`. */
export class Exports {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
    parts.access.onRemoved((roomId, userIds) => this.endAll(roomId, userIds))
  }

  /** @throws ROOM_NO_EXISTS, MAIL_NOT_CONFIGURED, and RATE_LIMITED while another one of theirs is not over */
  start(caller: Caller, wanted: Wanted): Promise<Output<'exportMessages'>> {
    requirePeriod(wanted)
    return this.parts.access.during(caller, wanted.roomId, async () => {
      this.requireMail(wanted)
      const doc = await this.draft(caller, wanted)
      await this.takeSlot(doc)
      return this.queue(doc)
    })
  }

  /** Likewise for a platform, which is in every room. */
  async startForPlatform(caller: Caller, wanted: Wanted): Promise<Output<'startExport'>> {
    requirePeriod(wanted)
    await this.parts.bus.ask('roomFacts', caller, wanted.roomId)
    this.requireMail(wanted)
    if ((await this.parts.exports.countOpen(PLATFORM)) >= PLATFORMS_AT_ONCE) throw isBusy()
    return this.queue(await this.draft({ ...caller, userId: PLATFORM }, wanted))
  }

  /** @throws FILE_NO_EXISTS for what is not theirs, or no more, and ROOM_NO_EXISTS where they are not in the room now */
  async getOwn({ userId }: Caller, exportId: string): Promise<Export> {
    const doc = await this.find(exportId)
    if (userId === PLATFORM || doc.userId !== userId) throw new Fault('FILE_NO_EXISTS')
    return this.parts.notices.whileMember(doc, () => this.linked(doc))
  }

  /** @throws FILE_NO_EXISTS */
  async get(exportId: string): Promise<Export> {
    return this.linked(await this.find(exportId))
  }

  async listOwn({ userId }: Caller, page: Page): Promise<List> {
    if (userId === PLATFORM) throw new Fault('CLIENT_ID_NO_EXISTS')
    return this.page(userId, page)
  }

  list(page: Page): Promise<List> {
    return this.page(null, page)
  }

  private async find(exportId: string): Promise<ExportDoc> {
    const doc = await this.parts.exports.find(exportId)
    if (!doc || isExpired(doc)) throw new Fault('FILE_NO_EXISTS')
    return doc
  }

  private async linked(doc: ExportDoc): Promise<Export> {
    return { ...presentExport(doc), ...(doc.state === 'ready' && (await this.parts.notices.link(doc))) }
  }

  private async page(userId: string | null, { limit, cursor }: Page): Promise<List> {
    const most = Math.min(limit ?? DEFAULT_LIMIT, MAX_COUNT)
    const before = cursor === undefined ? undefined : decodeKey(cursor)
    const docs = await this.parts.exports.list(userId, before, most + 1)
    const list = docs.slice(0, most).map(presentExport)
    return { list, nextCursor: cursorAfter(list, docs, ({ exportId }) => exportId) }
  }

  private requireMail({ email }: Wanted) {
    if (email !== undefined && !this.parts.sendsMail) throw new Fault('MAIL_NOT_CONFIGURED')
  }

  private async draft({ userId }: Caller, { roomId, format, email, from, to }: Wanted): Promise<ExportDoc> {
    return newExport({
      ...{ userId, roomId, format, email: email ?? null },
      from: from === undefined ? null : new Date(from),
      to: to === undefined ? null : new Date(to),
      lastSeq: await this.parts.store.lastSeq(roomId),
    })
  }

  private async queue(doc: ExportDoc) {
    await this.parts.exports.insert(doc)
    this.parts.worker.wake()
    return { exportId: doc._id }
  }

  /** One whose export is over is taken from it. */
  private async takeSlot({ _id, userId }: ExportDoc): Promise<void> {
    const { exports } = this.parts
    for (let held = await exports.takeSlot(userId, _id); held; held = await exports.takeSlot(userId, _id)) {
      const other = await exports.find(held.exportId)
      const isFree = other ? isOver(other) : held.createdAt.getTime() < Date.now() - EMPTY_SLOT_MS
      if (!isFree) throw isBusy(held.exportId)
      await exports.freeSlot(userId, held.exportId)
    }
  }

  /** Before their removal is acked: what was given to them opens no more. */
  private async endAll(roomId: string, userIds: string[]) {
    try {
      const docs = await this.parts.exports.ofMembers(roomId, userIds)
      if (docs.length === 0) return
      await this.parts.exports.end(docs)
      await Promise.all(docs.map((doc) => this.parts.worker.remove(doc)))
    } catch (err) {
      this.parts.logger.error({ err, roomId }, 'exports of removed members not removed yet')
    }
  }
}

function requirePeriod({ from, to }: Wanted) {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
    throw new Fault('INVALID_REQUEST', { message: 'The period ends before it begins' })
}

const isBusy = (exportId?: string) =>
  new Fault('RATE_LIMITED', {
    message: 'Another export of yours is not finished yet',
    retryAfterMs: RETRY_AFTER_MS,
    ...(exportId !== undefined && { data: { exportId } }),
  })
