import { ChatError, type ChatErrorCode, type OfflineChat } from '@chat/client'
import { signal } from '@preact/signals'

export type Upload = {
  syncKey: string
  roomId: string
  file: File
  /** Of a picture, to be shown meanwhile. */
  preview: string | null
  percent: number
  /** Why it was refused; null while it is on its way. */
  failure: ChatErrorCode | null
}

/** Files on their way, those of one room one after the other. */
export class Uploads {
  readonly list = signal<readonly Upload[]>([])
  private readonly chat: OfflineChat
  private readonly lanes = new Map<string, Promise<void>>()
  private readonly ends = new Map<string, AbortController>()

  constructor(chat: OfflineChat) {
    this.chat = chat
  }

  add(roomId: string, files: Iterable<File>) {
    for (const file of files) {
      const syncKey = newKey()
      const preview = file.type.startsWith('image/') ? URL.createObjectURL(file) : null
      this.list.value = [...this.list.value, { syncKey, roomId, file, preview, percent: 0, failure: null }]
      this.queue(syncKey, roomId)
    }
  }

  retry({ syncKey, roomId }: Upload) {
    this.change(syncKey, { failure: null })
    this.queue(syncKey, roomId)
  }

  cancel({ syncKey, preview }: Upload) {
    this.ends.get(syncKey)?.abort(new ChatError({ code: 'CANCELLED', message: 'The upload was cancelled' }))
    this.list.value = this.list.value.filter((upload) => upload.syncKey !== syncKey)
    if (preview !== null) URL.revokeObjectURL(preview)
  }

  private queue(syncKey: string, roomId: string) {
    const before = this.lanes.get(roomId) ?? Promise.resolve()
    this.lanes.set(
      roomId,
      before.then(() => this.send(syncKey)),
    )
  }

  private async send(syncKey: string) {
    const upload = this.list.value.find((one) => one.syncKey === syncKey)
    if (!upload) return
    const end = new AbortController()
    this.ends.set(syncKey, end)
    try {
      await this.chat.upload(upload.file, {
        roomId: upload.roomId,
        syncKey,
        signal: end.signal,
        onProgress: (percent) => this.change(syncKey, { percent: Math.round(percent) }),
      })
      this.cancel(upload)
    } catch (error) {
      this.change(syncKey, { failure: error instanceof ChatError ? error.code : 'INTERNAL' })
    } finally {
      this.ends.delete(syncKey)
    }
  }

  private change(syncKey: string, changes: Partial<Upload>) {
    this.list.value = this.list.value.map((one) => (one.syncKey === syncKey ? { ...one, ...changes } : one))
  }
}

/** Not randomUUID(): browsers have that on https pages only. */
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )
