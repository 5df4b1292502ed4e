import { Fault } from '@chat/contract'
import { type Bucket, faultOf, type Logger } from '@chat/service'
import type { ExportNotices } from './export-notices.ts'
import { ExportRun, type Progress, type RunParts } from './export-run.ts'
import { type ExportDoc, isExpired, isOver, RENEW_MS } from './export-store.ts'
import { isRefused } from './mailer.ts'

/** Each keeps a piece of its file in memory. */
const AT_ONCE = 2
const POLL_MS = 2_000
const MAX_TRIES = 20
const MAX_PAUSE_MS = 60_000

type Parts = Omit<RunParts, 'bucket' | 'signal'> & {
  notices: ExportNotices
  storage: { open: () => Promise<Bucket> }
  logger: Logger
}

/**
 * Sees to exports: writes them, tells of them, removes them. Any number of instances do so at once, and what one of
 * them leaves undone, by a crash or a deploy, another one finds due.
 */
export class ExportWorker {
  private readonly parts: Parts
  private readonly timer: NodeJS.Timeout
  private readonly working = new Set<Promise<void>>()
  private readonly stopping = new AbortController()

  constructor(parts: Parts) {
    this.parts = parts
    this.timer = setInterval(() => this.wake(), POLL_MS)
  }

  /** Looks for something to do at once. */
  wake() {
    if (this.working.size >= AT_ONCE || this.stopping.signal.aborted) return
    const working = this.work()
      .catch((err) => this.parts.logger.warn({ err }, 'no exports looked for, will try again'))
      .finally(() => this.working.delete(working))
    this.working.add(working)
  }

  async close() {
    clearInterval(this.timer)
    this.stopping.abort()
    await Promise.all(this.working)
  }

  /** What is left of an export when it is over for its asker. */
  async remove(doc: ExportDoc) {
    await this.clear(doc)
    await this.parts.exports.forget(doc)
  }

  /** What is written of one. Whoever is at it cannot finish it then. */
  async clear({ path, uploadId }: Pick<ExportDoc, 'path' | 'uploadId'>) {
    const bucket = await this.parts.storage.open()
    if (uploadId !== null) await bucket.abort(path, uploadId)
    await bucket.remove(path)
  }

  private async work() {
    while (!this.stopping.signal.aborted) {
      const doc = await this.parts.exports.claimDue(crypto.randomUUID())
      if (!doc) return
      await this.seeTo(doc).catch((error) => this.leave(doc, error))
    }
  }

  private async seeTo(claimed: ExportDoc) {
    if (isExpired(claimed)) return this.remove(claimed)
    const progress: Progress = { seenSeq: claimed.seenSeq }
    const { exports } = this.parts
    const renew = () => exports.renew(claimed, progress.seenSeq).catch((error) => this.warn(claimed, error))
    const beat = setInterval(renew, RENEW_MS)
    try {
      const doc = isOver(claimed) ? claimed : await this.write(claimed, progress)
      if (doc.state === 'ready' && !doc.isTold) await this.tell(doc)
      await exports.update(doc, { isTold: true, claim: null, dueAt: doc.expiresAt })
    } finally {
      clearInterval(beat)
    }
  }

  private async write(doc: ExportDoc, progress: Progress): Promise<ExportDoc> {
    const { storage, notices } = this.parts
    await notices.whileMember(doc, async () => {})
    const parts = { ...this.parts, bucket: await storage.open(), signal: this.stopping.signal }
    return (await ExportRun.takeUp(parts, doc, progress)).finish()
  }

  private async tell(doc: ExportDoc) {
    try {
      await this.parts.notices.tell(doc)
    } catch (error) {
      if (!isRefused(error)) throw error
      this.warn(doc, error)
    }
  }

  /** Lets go of one that could not be finished now, and is still ours. */
  private async leave(claimed: ExportDoc, error: unknown) {
    const { exports, storage } = this.parts
    try {
      const doc = await exports.find(claimed._id)
      // What was made of it meanwhile is nobody's.
      if (!doc || (isExpired(doc) && doc.claim !== claimed.claim))
        return await (await storage.open()).remove(claimed.path)
      if (doc.claim !== claimed.claim) return
      if (this.stopping.signal.aborted)
        return void (await exports.update(doc, { claim: null, dueAt: new Date() }))
      if (error instanceof Fault && error.code === 'ROOM_NO_EXISTS') return await this.remove(doc)
      this.warn(doc, error)
      if (doc.tries + 1 < MAX_TRIES) return await this.retry(doc, error)
      const state = isOver(doc) ? doc.state : 'failed'
      const dueAt = new Date(Math.max(doc.expiresAt.getTime(), Date.now() + MAX_PAUSE_MS))
      await exports.update(doc, { state, isTold: true, claim: null, dueAt })
    } catch (err) {
      // Its claim runs out, and somebody finds it due.
      this.warn(claimed, err)
    }
  }

  /** Where nothing was away, what was uploaded so far is what is wrong: it begins anew. */
  private async retry(doc: ExportDoc, error: unknown) {
    const isAnew = !faultOf(error) && !isOver(doc)
    if (isAnew && doc.uploadId !== null) await (await this.parts.storage.open()).abort(doc.path, doc.uploadId)
    const pause = Math.min(MAX_PAUSE_MS, 1_000 * 2 ** doc.tries)
    await this.parts.exports.update(doc, {
      ...{ tries: doc.tries + 1, claim: null, dueAt: new Date(Date.now() + pause) },
      ...(isAnew && { uploadId: null, parts: [] }),
    })
  }

  private warn({ _id, tries }: ExportDoc, err: unknown) {
    this.parts.logger.warn({ err, exportId: _id, tries }, 'export not finished')
  }
}
