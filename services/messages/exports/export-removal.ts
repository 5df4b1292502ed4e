import { type ExportDoc, type ExportStore, isExpired } from './export-store.ts'
import type { ExportWorker } from './export-worker.ts'
import { presentExport } from './presenter.ts'

/** How long those wait in whose room somebody is being erased, unless that ends before. */
const HELD_MS = 5 * 60_000

type Parts = { exports: ExportStore; worker: ExportWorker }

/** What becomes of exports when a room or a person goes away. */
export class ExportRemoval {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** What was written about the room is no more; it is written anew, but not yet. */
  hold(roomId: string): Promise<void> {
    return this.rewrite(roomId, new Date(Date.now() + HELD_MS))
  }

  /** Likewise, at once. */
  async renew(roomId: string): Promise<void> {
    await this.rewrite(roomId, new Date())
    this.parts.worker.wake()
  }

  /** All that were asked for in a room. */
  async endRoom(roomId: string): Promise<void> {
    await this.endAll(await this.parts.exports.ofRoom(roomId))
  }

  /** All that somebody has asked for, wherever that was. */
  async endUser(userId: string): Promise<void> {
    await this.endAll(await this.parts.exports.ofUser(userId))
    await this.parts.exports.dropSlot(userId)
  }

  /** What is stored about those that somebody has asked for. */
  async collect(userId: string) {
    const docs = await this.parts.exports.ofUser(userId)
    return docs.map((doc) => ({ kind: 'export', value: { ...presentExport(doc), email: doc.email } }))
  }

  private async rewrite(roomId: string, dueAt: Date) {
    const { exports, worker } = this.parts
    for (const { _id } of (await exports.ofRoom(roomId)).filter((doc) => !isExpired(doc))) {
      const before = await exports.restart(_id, dueAt)
      if (before) await worker.clear(before)
    }
  }

  private async endAll(docs: ExportDoc[]) {
    if (docs.length === 0) return
    await this.parts.exports.end(docs)
    for (const doc of docs) await this.parts.worker.remove(doc)
  }
}
