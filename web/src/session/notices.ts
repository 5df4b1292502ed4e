import { ChatError } from '@chat/client'
import { signal } from '@preact/signals'
import { words } from '../i18n/words.ts'

/** With `href`, what it is about can be had there; it stays until somebody takes it away. */
export type Notice = { id: number; text: string; isError: boolean; href?: string }
const SHOWN_MS = 5_000

export const textOfError = (error: unknown): string =>
  words.value.errors[error instanceof ChatError ? error.code : 'INTERNAL']

/** Short words at the edge of the page about what has just happened, or has not. */
export class Notices {
  readonly list = signal<readonly Notice[]>([])
  private lastId = 0

  tell(text: string, isError = false) {
    const id = this.add({ text, isError })
    setTimeout(() => this.dismiss(id), SHOWN_MS)
  }

  offer(text: string, href: string) {
    this.add({ text, isError: false, href })
  }

  dismiss(id: number) {
    this.list.value = this.list.value.filter((notice) => notice.id !== id)
  }

  private add(notice: Omit<Notice, 'id'>): number {
    this.lastId += 1
    this.list.value = [...this.list.value.slice(-2), { ...notice, id: this.lastId }]
    return this.lastId
  }

  /** Does it, and tells where that failed. @returns whether it did not */
  async attempt(task: () => Promise<unknown>, done?: string): Promise<boolean> {
    try {
      await task()
      if (done !== undefined) this.tell(done)
      return true
    } catch (error) {
      this.tell(textOfError(error), true)
      return false
    }
  }
}
