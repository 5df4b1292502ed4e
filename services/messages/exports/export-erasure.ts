import { type ExportDoc, type ExportStore, isExpired } from './export-store.ts'
import type { ExportWorker } from './export-worker.ts'
import { presentExport } from './presenter.ts'

/** How long those wait in whose room somebody is being erased, unless that ends before. */
const HELD_MS = 5 * 60_000

type Parts = { exports: ExportStore; worker: ExportWorker }

/** Removes or rebuilds exports when messages, a room or a user are erased. */
export class ExportErasure {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Deletes what is written of the room's exports. They are written again after `rebuild`, or after five minutes. */
  rebuildLater(roomId: string): Promise<void> {
    return this.rewrite(roomId, new Date(Date.now() + HELD_MS))
  }

  /** Deletes what is written of the room's exports and writes them again now. */
  async rebuild(roomId: string): Promise<void> {
    await this.rewrite(roomId, new Date())
    this.parts.worker.wake()
  }

  async removeRoom(roomId: string): Promise<void> {
    await this.endAll(await this.parts.exports.ofRoom(roomId))
  }

  async removeUser(userId: string): Promise<void> {
    await this.endAll(await this.parts.exports.ofUser(userId))
    await this.parts.exports.dropSlot(userId)
  }

  /** What is stored about a user's exports, for the export of their personal data. */
  async recordsOf(userId: string) {
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
