import { type Caller, Fault, type Input, type Output, seqOf } from '@chat/contract'
import type { AccessCache } from './access.ts'
import type { Committing } from './committing.ts'
import { type Draft, type MessageDoc, presentMessage, type Store } from './store.ts'

type Access = Output<'roomAccess'>

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

  /** A member's message. A syncKey that is stored already answers with its message, whatever has changed since. */
  async send(caller: Caller, input: Input<'sendMessage'>): Promise<MessageDoc> {
    const access = await this.access.of(caller, input.roomId)
    const draft = await this.draft(access, input).catch((refusal) => this.repeatOf(caller, input, refusal))
    return 'seq' in draft ? this.committing.published(draft) : this.committing.commit(draft)
  }

  /** What would be refused now may have been stored before: a lost ack is asked for again. @throws the refusal */
  private async repeatOf({ userId }: Caller, { roomId, syncKey }: Input<'sendMessage'>, refusal: unknown) {
    const stored = refusal instanceof Fault ? await this.store.bySyncKey(roomId, userId, syncKey) : null
    if (!stored) throw refusal
    return stored
  }

  /** The order of the checks is contract.md's: frozen, rule, muted, content. */
  private async draft(
    access: Access,
    { roomId, syncKey, data, replyTo, meta }: Input<'sendMessage'>,
  ): Promise<Draft> {
    if (access.rules.isFreezed) throw new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
    const text = typeof data.content === 'string' ? data.content : data.content.text
    this.requireLength(text)
    return {
      roomId,
      syncKey,
      author: access.author,
      data: { type: data.type, content: { text } },
      replyTo: replyTo === undefined ? null : await this.quote(roomId, replyTo),
      meta: meta ?? null,
      audience: Math.max(0, access.memberCount - 1),
      createdAt: new Date(),
    }
  }

  private requireLength(text: string) {
    if (text.length > this.textLength) throw new Fault('MESSAGE_TOO_LONG')
  }

  private async quote(roomId: string, id: string): Promise<Draft['replyTo']> {
    const seq = seqOf(roomId, id)
    const quoted = seq === null ? null : await this.store.bySeq(roomId, seq)
    if (!quoted) throw new Fault('MESSAGE_NO_EXISTS')
    return { messageId: quoted._id, author: quoted.author, text: quoted.data.content.text ?? '' }
  }

  /** The message a room is made with; asked again, it is the same one. */
  async postFirst({ roomId, author, type, text, memberCount }: Input<'postFirstMessage'>) {
    this.requireLength(text)
    const doc = await this.committing.commit({
      roomId,
      syncKey: `first:${roomId}`,
      author,
      data: { type, content: { text } },
      replyTo: null,
      meta: null,
      audience: Math.max(0, memberCount - 1),
      createdAt: new Date(),
    })
    return presentMessage(doc)
  }
}
