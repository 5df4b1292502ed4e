import { type Caller, defaultName, Fault, type Input, type Message, type MessageData } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Access } from './access.ts'
import type { Committing } from './committing.ts'
import type { Mentioning } from './mentioning.ts'
import { requireLength } from './rules.ts'
import { asMentions, type Draft, presentMessage, type Store } from './store.ts'

/** What platforms write, in the name of anybody. */
export class Posting {
  private readonly store: Store
  private readonly bus: Bus
  private readonly committing: Committing
  private readonly mentioning: Mentioning
  private readonly textLength: number
  constructor(parts: {
    store: Store
    bus: Bus
    committing: Committing
    mentioning: Mentioning
    textLength: number
  }) {
    this.store = parts.store
    this.bus = parts.bus
    this.committing = parts.committing
    this.mentioning = parts.mentioning
    this.textLength = parts.textLength
  }

  /** The message a room is made with; asked again, it is the same one. */
  async first(caller: Caller, input: Input<'postFirstMessage'>): Promise<Message> {
    const { roomId, author, type, text, audience } = input
    requireLength(text, this.textLength)
    const data = { type, content: { text } }
    const mentions = await this.mentioning.of(caller, { roomId, authorId: author.authorId, text })
    const said = { author, data, meta: null, audience, ...asMentions(mentions) }
    return this.commit({ roomId, syncKey: `first:${roomId}`, ...said })
  }

  /** A syncKey that is stored already answers with its message, whatever has changed since. */
  async post(caller: Caller, input: Input<'postMessage'>): Promise<Message> {
    const { roomId, syncKey, meta = null } = input
    const { authorId, ...given } = input.author
    const data = fitting(input.data)
    const facts = await this.bus.ask('roomFacts', caller, roomId)
    const refusal = this.refusalOf(facts, data)
    const stored = refusal && (await this.store.bySyncKey(roomId, authorId, syncKey))
    if (stored) return presentMessage(await this.committing.published(stored))
    if (refusal) throw refusal
    const member = await this.memberOf(caller, roomId, authorId)
    const known = member?.author ?? { nickName: defaultName(authorId), profileUrl: null }
    const author = { ...known, ...given, authorId }
    const audience = facts.memberCount - (member ? 1 : 0)
    const text = textOf(data)
    const mentions = await this.mentioning.of(caller, { roomId, authorId, text, mentions: input.mentions })
    return this.commit({ roomId, syncKey, author, data, meta, audience, ...asMentions(mentions) })
  }

  /** Null where they are not in the room: a platform may write in the name of anybody. */
  private memberOf(caller: Caller, roomId: string, userId: string): Promise<Access | null> {
    return this.bus.ask('roomAccess', caller, { roomId, userId }).catch((error) => {
      if (error instanceof Fault && error.code === 'ROOM_NO_EXISTS') return null
      throw error
    })
  }

  private refusalOf({ isFrozen }: { isFrozen: boolean }, data: MessageData): Fault | null {
    if (isFrozen) return new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
    return textOf(data).length > this.textLength ? new Fault('MESSAGE_TOO_LONG') : null
  }

  private async commit(said: Omit<Draft, 'replyTo' | 'createdAt'>): Promise<Message> {
    return presentMessage(await this.committing.commit({ ...said, replyTo: null, createdAt: new Date() }))
  }
}

const textOf = ({ content }: MessageData) => content.text ?? content.rawData?.text ?? ''

/** Of the content what belongs to the type. @throws INVALID_REQUEST where that is missing */
function fitting({ type, content: { text, rawData } }: Input<'postMessage'>['data']): MessageData {
  if (type === 'CARD' && rawData) return { type, content: { rawData } }
  if (type !== 'CARD' && text) return { type, content: { text } }
  throw new Fault('INVALID_REQUEST', { message: `The content does not fit the type ${type}` })
}
