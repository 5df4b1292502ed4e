import type { Message } from '@chat/contract'
import { signal } from '@preact/signals'

/** What the next text is about: an answer to a message, or an own message that is written anew. */
export class Reply {
  readonly to = signal<Message | null>(null)
  readonly editing = signal<Message | null>(null)
  /** What it was about to say, where that was refused. */
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
