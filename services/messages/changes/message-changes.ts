import {
  anonymised,
  type Caller,
  changeId,
  type Erased,
  Fault,
  type Input,
  isNamesakeAmong,
  type Message,
  type MessageData,
  unmentioning,
} from '@chat/contract'
import { type Bus, KeyedQueue, type Logger } from '@chat/service'
import type { Presenter } from '../read/presenter.ts'
import { findMessage, requireVisible } from '../read/visible-message.ts'
import type { AccessCache } from '../send/access-cache.ts'
import { resolveMentionsAgain } from '../send/mentions.ts'
import { asMentions, type MessageDoc, statusOf } from '../send/message-doc.ts'
import type { MessageStore } from '../send/message-store.ts'
import type { Outbox } from '../send/outbox.ts'
import { requireLength, requireMaster, requireMayDelete, requireMayWrite } from '../send/rules.ts'
import type { WordFilter } from '../words/word-filter.ts'
import type { ChangeDoc, ChangeKind, ChangeStore } from './change-store.ts'

/** Each try fails only when another instance has changed a message of the room. */
const MAX_TRIES = 50

type Place = { roomId: string; messageId: string }
/** A change, and what it makes of the message; null when there is nothing to change. */
type Decision = { kind: ChangeKind; becomes: Partial<MessageDoc> } | null
type Decide = (doc: MessageDoc) => Decision | Promise<Decision>

type Parts = {
  store: MessageStore
  changes: ChangeStore
  access: AccessCache
  outbox: Outbox
  presenter: Presenter
  wordFilter: WordFilter
  bus: Bus
  logger: Logger
  textLength: number
}

/**
 * Changes messages. A change takes the room's next number, in one transaction with what it makes of the message. It is
 * decided on the message as read after the number before, so no other change comes in between.
 */
export class MessageChanges {
  private readonly parts: Parts
  private readonly queue = new KeyedQueue()
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Deletes the content for everybody, and for good. */
  async delete(caller: Caller, input: Input<'deleteMessage'>) {
    using pass = await this.parts.access.enter(caller, input.roomId)
    const { access } = pass
    requireMayDelete(access)
    await this.change(caller, input, (doc) => {
      if (doc.author.authorId !== caller.userId && !access.master) throw new Fault('FORBIDDEN')
      return deletion(doc)
    })
    return { result: true as const }
  }

  async hide(caller: Caller, { hidden, ...place }: Input<'hideMessage'>) {
    using pass = await this.parts.access.enter(caller, place.roomId)
    const { access } = pass
    requireMaster(access)
    await this.change(caller, place, (doc) => {
      const status = statusOf(requireVisible(doc, access))
      return status.hidden === hidden ? null : hiding(status, hidden)
    })
    return { result: true as const }
  }

  async edit(caller: Caller, { text, ...place }: Input<'editMessage'>): Promise<Message> {
    const { access: accessCache, wordFilter, bus, textLength } = this.parts
    using pass = await accessCache.enter(caller, place.roomId)
    const { access } = pass
    requireMayWrite(access)
    const screen = await wordFilter.screenFor(place.roomId)
    return await this.change(caller, place, async (doc) => {
      requireVisible(doc, access)
      if (doc.author.authorId !== caller.userId || doc.data.type !== 'TEXT') throw new Fault('FORBIDDEN')
      requireLength(text, textLength)
      const screened = screen(text)
      if (doc.data.content.text === screened) return null
      const mentions = await resolveMentionsAgain(bus, caller, access, doc, screened)
      return { kind: 'edit', becomes: { data: { type: 'TEXT', content: { text: screened } }, mentions } }
    })
  }

  /** For platforms: any author, whatever the room's rules. */
  async deleteFreely(caller: Caller, place: Place): Promise<void> {
    await this.change(caller, place, deletion)
  }

  /** Hides or shows a message, or sets a card's answer. @throws MESSAGE_NO_EXISTS for a deleted message */
  set(caller: Caller, { hidden, acceptedStatus, ...place }: Input<'updateMessage'>): Promise<Message> {
    return this.change(caller, place, (doc) => {
      const status = statusOf(requireVisible(doc, { master: true }))
      const data = acceptedStatus === undefined ? null : answered(doc, acceptedStatus)
      const answer = data && ({ kind: 'card', becomes: { data } } as const)
      if (hidden === undefined || hidden === status.hidden) return answer
      const { kind, becomes } = hiding(status, hidden)
      return { kind, becomes: { ...becomes, ...answer?.becomes } }
    })
  }

  /** Deletes the content and the author's name: the author is erased. */
  erase(caller: Caller, place: Place): Promise<Message> {
    return this.change(caller, place, (doc) => ({
      kind: 'erase',
      becomes: { ...emptied(doc), ...anonymised({ _id: doc._id, status: statusOf(doc) }) },
    }))
  }

  /** Takes an erased user's mention and name out of the message, even if only an earlier text had them. */
  unmention(caller: Caller, place: Place, erased: Erased): Promise<Message> {
    return this.change(caller, place, (doc) => unmentioned(doc, erased))
  }

  /** @returns the message in full, once the change, this or an earlier one, is stored and published */
  private async change(caller: Caller, place: Place, decide: Decide): Promise<Message> {
    const { outbox, presenter } = this.parts
    const message = await this.queue.run(place.roomId, async () => {
      const { change, doc, mentioned } = await this.store(caller, place, decide)
      const [message] = (await presenter.inFull(caller, [doc])) as [Message]
      if (change !== null) await outbox.publish({ kind: 'change', change, message, ...mentioned })
      return message
    })
    await this.notify(caller, message)
    return message
  }

  private async store(caller: Caller, place: Place, decide: Decide) {
    const { outbox, store, changes } = this.parts
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const change = (await outbox.reconcile('change', place.roomId)) + 1
      const doc = await findMessage(store, place)
      const decision = await decide(doc)
      if (!decision) return { change: null, doc }
      const { mentions = doc.mentions ?? [], ...becomes } = decision.becomes
      const { mentions: before = [], ...rest } = doc
      const changed = { ...rest, ...becomes, ...asMentions(mentions), updatedAt: timeAfter(doc) }
      const added = mentions.filter((userId) => !before.includes(userId))
      const mentioned = added.length > 0 ? { mentioned: added } : {}
      const stored = { ...changeOf(change, decision.kind, doc, caller.userId), ...mentioned }
      if (await changes.store(stored, changed)) return { change, doc: changed, mentioned }
    }
    throw new Fault('SERVICE_UNAVAILABLE')
  }

  /** Makes the caller's own counts right at once; everybody else gets the change from the stream. */
  private async notify(caller: Caller, message: Message) {
    const { bus, logger } = this.parts
    await bus
      .ask('noteChange', caller, message)
      .catch((err) =>
        logger.warn({ err, requestId: caller.requestId }, 'rooms was not told of a change at once'),
      )
  }
}

const emptied = (doc: MessageDoc): Partial<MessageDoc> => ({
  data: { type: doc.data.type, content: {} },
  replyTo: null,
  mentions: [],
  meta: null,
  status: { ...statusOf(doc), deleted: true },
})

const deletion = (doc: MessageDoc): Decision =>
  statusOf(doc).deleted ? null : { kind: 'delete', becomes: emptied(doc) }

const hiding = (status: Message['status'], hidden: boolean): NonNullable<Decision> => ({
  kind: hidden ? 'hide' : 'show',
  becomes: { status: { ...status, hidden } },
})

/** Null when the message is clean already, or when the name in it means somebody else. */
function unmentioned({ data, mentions = [] }: MessageDoc, erased: Erased): Decision {
  const becomes = unmentioning(data, mentions, erased)
  if (mentions.includes(erased.userId)) return { kind: 'unmention', becomes }
  const isSame = JSON.stringify(becomes.data) === JSON.stringify(data)
  return isSame || isNamesakeAmong(mentions, erased) ? null : { kind: 'unmention', becomes }
}

/** Null when the card has that answer already. @throws INVALID_REQUEST for a message that is no card */
function answered({ data }: MessageDoc, acceptedStatus: boolean): MessageData | null {
  const { rawData } = data.content
  if (data.type !== 'CARD' || !rawData)
    throw new Fault('INVALID_REQUEST', { message: 'Only a card has an acceptedStatus' })
  if (rawData.acceptedStatus === acceptedStatus) return null
  return { ...data, content: { ...data.content, rawData: { ...rawData, acceptedStatus } } }
}

/** Of two states of a message the one with the later time wins, so time moves on whatever the instances' clocks say. */
const timeAfter = ({ createdAt, updatedAt }: MessageDoc) =>
  new Date(Math.max(Date.now(), (updatedAt ?? createdAt).getTime() + 1))

const changeOf = (change: number, kind: ChangeKind, doc: MessageDoc, by: string): ChangeDoc => ({
  _id: changeId(doc.roomId, change),
  roomId: doc.roomId,
  change,
  messageId: doc._id,
  seq: doc.seq,
  by,
  kind,
  ...(kind === 'edit' && { text: doc.data.content.text ?? '', ...asMentions(doc.mentions ?? []) }),
  createdAt: new Date(),
})
