import { type Caller, Fault, type Input } from '@chat/contract'
import type { Access, AccessCache } from './access.ts'
import type { Committing } from './committing.ts'
import { findMessage } from './finding.ts'
import { requireLength, requireNotFrozen, requireNotMuted } from './rules.ts'
import { type Draft, type MessageDoc, quoteOf, type Store } from './store.ts'

/** What members write. */
export class Sending {
  private readonly store: Store
  private readonly access: AccessCache
  private readonly committing: Committing
  private readonly textLength: number
  constructor(store: Store, access: AccessCache, committing: Committing, textLength: number) {
    this.store = store
    this.access = access
    this.committing = committing
    this.textLength = textLength
  }

  /** A syncKey that is stored already answers with its message, whatever has changed since. */
  async send(caller: Caller, input: Input<'sendMessage'>): Promise<MessageDoc> {
    return this.access.during(caller, input.roomId, async (access) => {
      const draft = await this.draft(access, input).catch((refusal) => this.repeatOf(caller, input, refusal))
      return 'seq' in draft ? this.committing.published(draft) : this.committing.commit(draft)
    })
  }

  /** What would be refused now may have been stored before: a lost ack is asked for again. @throws the refusal */
  private async repeatOf({ userId }: Caller, { roomId, syncKey }: Input<'sendMessage'>, refusal: unknown) {
    const stored = refusal instanceof Fault ? await this.store.bySyncKey(roomId, userId, syncKey) : null
    if (!stored) throw refusal
    return stored
  }

  private async draft(
    access: Access,
    { roomId, syncKey, data, replyTo, meta }: Input<'sendMessage'>,
  ): Promise<Draft> {
    requireNotFrozen(access)
    requireNotMuted(access)
    const text = typeof data.content === 'string' ? data.content : data.content.text
    requireLength(text, this.textLength)
    return {
      roomId,
      syncKey,
      author: access.author,
      data: { type: data.type, content: { text } },
      replyTo: replyTo === undefined ? null : await this.quote(roomId, replyTo),
      meta: meta ?? null,
      audience: access.memberCount - 1,
      createdAt: new Date(),
    }
  }

  private async quote(roomId: string, messageId: string): Promise<Draft['replyTo']> {
    const quoted = await findMessage(this.store, { roomId, messageId })
    return { messageId: quoted._id, author: quoted.author, text: quoteOf(quoted) }
  }
}
