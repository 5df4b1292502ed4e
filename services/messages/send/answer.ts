import type { Caller, Message } from '@chat/contract'
import type { Presenter } from '../read/presenter.ts'
import type { Access } from './access-cache.ts'
import type { GroupCommit } from './group-commit.ts'
import { type Draft, type MessageDoc, presentMessage } from './message-store.ts'

/** Stores what is new, and answers a repeat with the stored message as its author sees it now. */
export class StoredAnswer {
  private readonly groupCommit: GroupCommit
  private readonly presenter: Presenter
  constructor(groupCommit: GroupCommit, presenter: Presenter) {
    this.groupCommit = groupCommit
    this.presenter = presenter
  }

  /** @param said a draft, or what its syncKey was found to name already */
  async answer(caller: Caller, { master }: Access, said: Draft | MessageDoc): Promise<Message> {
    const isFound = 'seq' in said
    const doc = isFound ? await this.groupCommit.published(said) : await this.groupCommit.commit(said)
    // What was stored just now is this draft, date and all; of that there is nothing to look up.
    if (!isFound && doc.createdAt === said.createdAt) return presentMessage(doc)
    const [message] = await this.presenter.asSeenBy(caller, [doc], master)
    return message as Message
  }
}
