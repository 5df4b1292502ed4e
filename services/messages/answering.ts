import type { Caller, Message } from '@chat/contract'
import type { Access } from './access.ts'
import type { Committing } from './committing.ts'
import type { Presenting } from './presenting.ts'
import { type Draft, type MessageDoc, presentMessage } from './store.ts'

/** Stores what is new, and answers a repeat with the stored message as its author sees it now. */
export class Answering {
  private readonly committing: Committing
  private readonly presenting: Presenting
  constructor(committing: Committing, presenting: Presenting) {
    this.committing = committing
    this.presenting = presenting
  }

  /** @param said a draft, or what its syncKey was found to name already */
  async answer(caller: Caller, { master }: Access, said: Draft | MessageDoc): Promise<Message> {
    const isFound = 'seq' in said
    const doc = isFound ? await this.committing.published(said) : await this.committing.commit(said)
    // What was stored just now is this draft, date and all; of that there is nothing to look up.
    if (!isFound && doc.createdAt === said.createdAt) return presentMessage(doc)
    const [message] = await this.presenting.asSeenBy(caller, [doc], master)
    return message as Message
  }
}
