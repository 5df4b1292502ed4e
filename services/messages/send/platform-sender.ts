import { type Caller, defaultName, Fault, type Input, type Message, type MessageData } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { WordFilter } from '../words/word-filter.ts'
import type { Access } from './access-cache.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Mentions } from './mentions.ts'
import { asMentions, type Draft, type MessageStore, presentMessage } from './message-store.ts'
import { requireLength } from './rules.ts'

/** What platforms write, in the name of anybody. */
export class PlatformSender {
  private readonly store: MessageStore
  private readonly bus: Bus
  private readonly groupCommit: GroupCommit
  private readonly wordFilter: WordFilter
  private readonly mentions: Mentions
  private readonly textLength: number
  constructor(parts: {
    store: MessageStore
    bus: Bus
    groupCommit: GroupCommit
    wordFilter: WordFilter
    mentions: Mentions
    textLength: number
  }) {
    this.store = parts.store
    this.bus = parts.bus
    this.groupCommit = parts.groupCommit
    this.wordFilter = parts.wordFilter
    this.mentions = parts.mentions
    this.textLength = parts.textLength
  }

  /** The message a room is made with; asked again, it is the same one. */
  async first(caller: Caller, input: Input<'postFirstMessage'>): Promise<Message> {
    const { roomId, author, type, text, audience } = input
    requireLength(text, this.textLength)
    const data = { type, content: { text } }
    const mentions = await this.mentions.of(caller, { roomId, authorId: author.authorId, text })
    const said = { author, data, meta: null, audience, ...asMentions(mentions) }
    return this.commit({ roomId, syncKey: `first:${roomId}`, ...said })
  }

  /** A syncKey that is stored already answers with its message, whatever has changed since. */
  async post(caller: Caller, input: Input<'postMessage'>): Promise<Message> {
    const { roomId, syncKey, meta = null } = input
    const { authorId, ...given } = input.author
    const wanted = fitting(input.data)
    const facts = await this.bus.ask('roomFacts', caller, roomId)
    const data = await this.screened(facts, roomId, wanted).catch((refusal) => refusal as Error)
    if (data instanceof Error) return this.repeatOf({ roomId, authorId, syncKey }, data)
    const member = await this.memberOf(caller, roomId, authorId)
    const known = member?.author ?? { nickName: defaultName(authorId), profileUrl: null }
    const author = { ...known, ...given, authorId }
    const audience = facts.memberCount - (member ? 1 : 0)
    const text = textOf(data)
    const mentions = await this.mentions.of(caller, { roomId, authorId, text, mentions: input.mentions })
    return this.commit({ roomId, syncKey, author, data, meta, audience, ...asMentions(mentions) })
  }

  /** Null where they are not in the room: a platform may write in the name of anybody. */
  private memberOf(caller: Caller, roomId: string, userId: string): Promise<Access | null> {
    return this.bus.ask('roomAccess', caller, { roomId, userId }).catch((error) => {
      if (error instanceof Fault && error.code === 'ROOM_NO_EXISTS') return null
      throw error
    })
  }

  /** @throws what keeps it from being posted */
  private async screened({ isFrozen }: { isFrozen: boolean }, roomId: string, data: MessageData) {
    if (isFrozen) throw new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
    requireLength(textOf(data), this.textLength)
    return this.wordFilter.screenMessage(roomId, data)
  }

  /** @throws the refusal, unless it was stored before */
  private async repeatOf(
    { roomId, authorId, syncKey }: { roomId: string; authorId: string; syncKey: string },
    refusal: Error,
  ): Promise<Message> {
    const stored = refusal instanceof Fault && (await this.store.bySyncKey(roomId, authorId, syncKey))
    if (!stored) throw refusal
    return presentMessage(await this.groupCommit.published(stored))
  }

  private async commit(said: Omit<Draft, 'replyTo' | 'createdAt'>): Promise<Message> {
    return presentMessage(await this.groupCommit.commit({ ...said, replyTo: null, createdAt: new Date() }))
  }
}

const textOf = ({ content }: MessageData) => content.text ?? content.rawData?.text ?? ''

/** Of the content what belongs to the type. @throws INVALID_REQUEST where that is missing */
function fitting({ type, content: { text, rawData } }: Input<'postMessage'>['data']): MessageData {
  if (type === 'CARD' && rawData) return { type, content: { rawData } }
  if (type !== 'CARD' && text) return { type, content: { text } }
  throw new Fault('INVALID_REQUEST', { message: `The content does not fit the type ${type}` })
}
