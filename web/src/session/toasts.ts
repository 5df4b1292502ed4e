import { ChatError } from '@chat/client'
import { signal } from '@preact/signals'
import { words } from '../i18n/words.ts'

/** One with `href` is a link and stays until it is dismissed. */
type Toast = { id: number; text: string; isError: boolean; href?: string }
const SHOWN_MS = 5_000

export const errorText = (error: unknown): string =>
  words.value.errors[error instanceof ChatError ? error.code : 'INTERNAL']

/** Short messages at the edge of the page. */
export class Toasts {
  readonly list = signal<readonly Toast[]>([])
  private lastId = 0

  show(text: string, isError = false) {
    const id = this.add({ text, isError })
    setTimeout(() => this.dismiss(id), SHOWN_MS)
  }

  showLink(text: string, href: string) {
    this.add({ text, isError: false, href })
  }

  dismiss(id: number) {
    this.list.value = this.list.value.filter((toast) => toast.id !== id)
  }

  private add(toast: Omit<Toast, 'id'>): number {
    this.lastId += 1
    this.list.value = [...this.list.value.slice(-2), { ...toast, id: this.lastId }]
    return this.lastId
  }

  /** Runs a task and shows its error. @returns whether it succeeded */
  async attempt(task: () => Promise<unknown>, done?: string): Promise<boolean> {
    try {
      await task()
      if (done !== undefined) this.show(done)
      return true
    } catch (error) {
      this.show(errorText(error), true)
      return false
    }
  }
}
