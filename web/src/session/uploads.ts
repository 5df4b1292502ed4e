import { ChatError, type ChatErrorCode, type OfflineChat } from '@chat/client'
import { signal } from '@preact/signals'

export type Upload = {
  syncKey: string
  roomId: string
  file: File
  /** An object URL of a picture. */
  preview: string | null
  percent: number
  /** Why it was refused; null while it is being sent. */
  failure: ChatErrorCode | null
}

/** Uploads; those of one room are sent one after the other. */
export class Uploads {
  readonly list = signal<readonly Upload[]>([])
  private readonly chat: OfflineChat
  private readonly queues = new Map<string, Promise<void>>()
  private readonly controllers = new Map<string, AbortController>()

  constructor(chat: OfflineChat) {
    this.chat = chat
  }

  add(roomId: string, files: Iterable<File>) {
    for (const file of files) {
      const syncKey = newSyncKey()
      const preview = file.type.startsWith('image/') ? URL.createObjectURL(file) : null
      this.list.value = [...this.list.value, { syncKey, roomId, file, preview, percent: 0, failure: null }]
      this.queue(syncKey, roomId)
    }
  }

  retry({ syncKey, roomId }: Upload) {
    this.update(syncKey, { failure: null })
    this.queue(syncKey, roomId)
  }

  cancel({ syncKey, preview }: Upload) {
    this.controllers
      .get(syncKey)
      ?.abort(new ChatError({ code: 'CANCELLED', message: 'The upload was cancelled' }))
    this.list.value = this.list.value.filter((upload) => upload.syncKey !== syncKey)
    if (preview !== null) URL.revokeObjectURL(preview)
  }

  private queue(syncKey: string, roomId: string) {
    const before = this.queues.get(roomId) ?? Promise.resolve()
    this.queues.set(
      roomId,
      before.then(() => this.send(syncKey)),
    )
  }

  private async send(syncKey: string) {
    const upload = this.list.value.find((one) => one.syncKey === syncKey)
    if (!upload) return
    const controller = new AbortController()
    this.controllers.set(syncKey, controller)
    try {
      await this.chat.upload(upload.file, {
        roomId: upload.roomId,
        syncKey,
        signal: controller.signal,
        onProgress: (percent) => this.update(syncKey, { percent: Math.round(percent) }),
      })
      this.cancel(upload)
    } catch (error) {
      this.update(syncKey, { failure: error instanceof ChatError ? error.code : 'INTERNAL' })
    } finally {
      this.controllers.delete(syncKey)
    }
  }

  private update(syncKey: string, changes: Partial<Upload>) {
    this.list.value = this.list.value.map((one) => (one.syncKey === syncKey ? { ...one, ...changes } : one))
  }
}

/** Not randomUUID(): browsers offer it on https pages only. */
export const newSyncKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )
