import { removeExports, removeFile } from './export-removal.ts'
import { isExpired } from './export-store.ts'
import type { OperationParts } from './parts.ts'
import { presentExport } from './presenter.ts'

/** How long exports wait for the end of an erasure in their room. */
const ERASURE_MS = 5 * 60_000

export class ExportErasure {
  private readonly parts: OperationParts

  constructor(parts: OperationParts) {
    this.parts = parts
  }

  /** Removes the files of a room's exports. They are written again after `rebuild`, or after five minutes. */
  rebuildLater(roomId: string): Promise<void> {
    return this.restart(roomId, new Date(Date.now() + ERASURE_MS))
  }

  async rebuild(roomId: string): Promise<void> {
    await this.restart(roomId, new Date())
    this.parts.worker.wake()
  }

  async removeRoom(roomId: string): Promise<void> {
    await removeExports(this.parts, await this.parts.exportStore.ofRoom(roomId))
  }

  async removeUser(userId: string): Promise<void> {
    await removeExports(this.parts, await this.parts.exportStore.ofUser(userId))
    await this.parts.exportStore.freeSlot(userId)
  }

  /** What is stored about a user's exports, for the export of their personal data. */
  async recordsOf(userId: string) {
    const docs = await this.parts.exportStore.ofUser(userId)
    return docs.map((doc) => ({ kind: 'export', value: { ...presentExport(doc), email: doc.email } }))
  }

  private async restart(roomId: string, dueAt: Date) {
    const { exportStore } = this.parts
    for (const doc of await exportStore.ofRoom(roomId)) {
      const before = isExpired(doc) ? null : await exportStore.restart(doc._id, dueAt)
      if (before) await removeFile(this.parts, before)
    }
  }
}
