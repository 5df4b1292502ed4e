import type { Message } from '@chat/contract'
import { signal } from '@preact/signals'

/** The message that the next text replies to, or the user's own message that it edits. */
export class Reply {
  readonly to = signal<Message | null>(null)
  readonly editing = signal<Message | null>(null)
  /** The edited text, if the server refused it. */
  refused = ''

  answer(message: Message) {
    this.editing.value = null
    this.to.value = message
  }

  edit(message: Message, refused = '') {
    this.to.value = null
    this.refused = refused
    this.editing.value = message
  }

  clear() {
    this.to.value = null
    this.editing.value = null
  }
}
