import { type Caller, Fault, type Input, type Message } from '@chat/contract'
import { findMessage } from '../read/visible-message.ts'
import type { WordFilter } from '../words/word-filter.ts'
import type { Access, AccessCache } from './access-cache.ts'
import type { StoredAnswer } from './answer.ts'
import { type Mentions, seesOnlyMasters } from './mentions.ts'
import { asMentions, type Draft, type MessageStore, quoteOf } from './message-store.ts'
import { requireLength, requireMayWrite } from './rules.ts'

type Place = { roomId: string; syncKey: string }
type Said = Pick<Draft, 'data' | 'replyTo' | 'meta' | 'mentions'>

/** What members write. */
export class MessageSender {
  private readonly store: MessageStore
  private readonly access: AccessCache
  private readonly storedAnswer: StoredAnswer
  private readonly wordFilter: WordFilter
  private readonly mentions: Mentions
  private readonly textLength: number
  constructor(parts: {
    store: MessageStore
    access: AccessCache
    storedAnswer: StoredAnswer
    wordFilter: WordFilter
    mentions: Mentions
    textLength: number
  }) {
    this.store = parts.store
    this.access = parts.access
    this.storedAnswer = parts.storedAnswer
    this.wordFilter = parts.wordFilter
    this.mentions = parts.mentions
    this.textLength = parts.textLength
  }

  async send(caller: Caller, input: Input<'sendMessage'>): Promise<Message> {
    const { data, replyTo, meta, mentions, ...place } = input
    return this.post(caller, place, async (access) => {
      const text = typeof data.content === 'string' ? data.content : data.content.text
      requireLength(text, this.textLength)
      return {
        data: { type: data.type, content: { text } },
        replyTo: replyTo === undefined ? null : await this.quote(place.roomId, replyTo),
        meta: meta ?? null,
        ...asMentions(
          await this.mentions.of(caller, {
            ...{ roomId: place.roomId, authorId: caller.userId, text, mentions },
            onlyMasters: seesOnlyMasters(access),
          }),
        ),
      }
    })
  }

  async sendFile(caller: Caller, { type, file, ...place }: Input<'postFile'>): Promise<Message> {
    return this.post(caller, place, async () => ({
      data: { type, content: { files: [file] } },
      replyTo: null,
      meta: null,
    }))
  }

  /** @throws what would keep the caller from writing in the room */
  async requireMayPost(caller: Caller, roomId: string): Promise<void> {
    await this.access.during(caller, roomId, async (access) => requireMayWrite(access))
  }

  /** What the caller has stored under a syncKey. */
  async stored(caller: Caller, { roomId, syncKey }: Place): Promise<Message | null> {
    return this.access.during(caller, roomId, async (access) => {
      const doc = await this.store.bySyncKey(roomId, caller.userId, syncKey)
      return doc && this.storedAnswer.answer(caller, access, doc)
    })
  }

  /** A syncKey that is stored already answers with its message, whatever has changed since. */
  private post(caller: Caller, place: Place, say: (access: Access) => Promise<Said>): Promise<Message> {
    return this.access.during(caller, place.roomId, async (access) => {
      const draft = await this.draft(access, place, say).catch((refusal) =>
        this.repeatOf(caller, place, refusal),
      )
      return this.storedAnswer.answer(caller, access, draft)
    })
  }

  /** What would be refused now may have been stored before: a lost ack is asked for again. @throws the refusal */
  private async repeatOf({ userId }: Caller, { roomId, syncKey }: Place, refusal: unknown) {
    const stored = refusal instanceof Fault ? await this.store.bySyncKey(roomId, userId, syncKey) : null
    if (!stored) throw refusal
    return stored
  }

  private async draft(
    access: Access,
    { roomId, syncKey }: Place,
    say: (access: Access) => Promise<Said>,
  ): Promise<Draft> {
    requireMayWrite(access)
    const said = await say(access)
    return {
      roomId,
      syncKey,
      author: access.author,
      ...said,
      data: await this.wordFilter.screenMessage(roomId, said.data),
      audience: access.memberCount - 1,
      createdAt: new Date(),
    }
  }

  private async quote(roomId: string, messageId: string): Promise<Draft['replyTo']> {
    const quoted = await findMessage(this.store, { roomId, messageId })
    return { messageId: quoted._id, author: quoted.author, text: quoteOf(quoted) }
  }
}
