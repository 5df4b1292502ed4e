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
import type { Mentions } from '../send/mentions.ts'
import { asMentions, type MessageDoc, type MessageStore, statusOf } from '../send/message-store.ts'
import type { Outbox } from '../send/outbox.ts'
import { requireLength, requireMaster, requireMayDelete, requireMayWrite } from '../send/rules.ts'
import type { WordFilter } from '../words/word-filter.ts'
import type { ChangeDoc, ChangeKind, ChangeStore } from './change-store.ts'

/** Each time somebody else was faster, so the room is getting on. */
const MAX_TRIES = 50

type Place = { roomId: string; messageId: string }
/** What is done to a message, and what becomes of it; null where it is so already. */
type Decision = { kind: ChangeKind; becomes: Partial<MessageDoc> } | null
type Decide = (doc: MessageDoc) => Decision | Promise<Decision>

type Parts = {
  store: MessageStore
  changes: ChangeStore
  access: AccessCache
  outbox: Outbox
  presenter: Presenter
  wordFilter: WordFilter
  mentions: Mentions
  bus: Bus
  logger: Logger
  textLength: number
}

/**
 * What happens to messages once they are there. A change takes the room's next number, in one transaction with what it
 * makes of the message; what it decides on was read after the number before it, so nothing can have come in between.
 */
export class MessageChanges {
  private readonly parts: Parts
  private readonly rooms = new KeyedQueue()
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** For everybody, and for good: nothing of what it said is kept. */
  async delete(caller: Caller, input: Input<'deleteMessage'>): Promise<void> {
    const message = await this.parts.access.during(caller, input.roomId, async (access) => {
      requireMayDelete(access)
      return this.change(caller, input, (doc) => {
        if (doc.author.authorId !== caller.userId && !access.master) throw new Fault('FORBIDDEN')
        return statusOf(doc).deleted ? null : { kind: 'delete', becomes: erased(doc) }
      })
    })
    await this.note(caller, message)
  }

  async hide(caller: Caller, { hidden, ...place }: Input<'hideMessage'>): Promise<void> {
    const message = await this.parts.access.during(caller, place.roomId, async (access) => {
      requireMaster(access)
      return this.change(caller, place, (doc) => {
        const status = statusOf(requireVisible(doc, access))
        if (status.hidden === hidden) return null
        return { kind: hidden ? 'hide' : 'show', becomes: { status: { ...status, hidden } } }
      })
    })
    await this.note(caller, message)
  }

  async edit(caller: Caller, { text, ...place }: Input<'editMessage'>): Promise<Message> {
    const message = await this.parts.access.during(caller, place.roomId, async (access) => {
      requireMayWrite(access)
      const screen = await this.parts.wordFilter.screenFor(place.roomId)
      return this.change(caller, place, async (doc) => {
        requireVisible(doc, access)
        if (doc.author.authorId !== caller.userId || doc.data.type !== 'TEXT') throw new Fault('FORBIDDEN')
        requireLength(text, this.parts.textLength)
        const said = screen(text)
        if (doc.data.content.text === said) return null
        const mentions = await this.parts.mentions.again(caller, access, doc, said)
        return { kind: 'edit', becomes: { data: { type: 'TEXT', content: { text: said } }, mentions } }
      })
    })
    await this.note(caller, message)
    return message
  }

  /** As platforms may: whoever wrote it, and whatever the rules say. */
  async deleteFreely(caller: Caller, place: Place): Promise<void> {
    const message = await this.change(caller, place, (doc) =>
      statusOf(doc).deleted ? null : { kind: 'delete', becomes: erased(doc) },
    )
    await this.note(caller, message)
  }

  /** Hidden or shown, a card accepted or not. @throws MESSAGE_NO_EXISTS for what is deleted */
  async set(caller: Caller, { hidden, acceptedStatus, ...place }: Input<'updateMessage'>): Promise<Message> {
    const message = await this.change(caller, place, (doc) => {
      const status = statusOf(requireVisible(doc, { master: true }))
      const isHiding = hidden !== undefined && hidden !== status.hidden
      const data = acceptedStatus === undefined ? null : answered(doc, acceptedStatus)
      if (!isHiding && !data) return null
      const kind = isHiding ? (hidden ? 'hide' : 'show') : 'card'
      return { kind, becomes: { ...(data && { data }), ...(isHiding && { status: { ...status, hidden } }) } }
    })
    await this.note(caller, message)
    return message
  }

  /** Nobody's, and empty: of a person who is erased. */
  async erase(caller: Caller, place: Place): Promise<Message> {
    const message = await this.change(caller, place, (doc) => ({
      kind: 'erase',
      becomes: { ...erased(doc), ...anonymised({ _id: doc._id, status: statusOf(doc) }) },
    }))
    await this.note(caller, message)
    return message
  }

  /** It mentions somebody no more who is erased, nor says their name; also where it did so before it was edited. */
  async unmention(caller: Caller, place: Place, erased: Erased): Promise<Message> {
    const message = await this.change(caller, place, (doc) => unmentioned(doc, erased))
    await this.note(caller, message)
    return message
  }

  /** @returns the message in full, once what was done to it, now or before, is stored and published */
  private change(caller: Caller, place: Place, decide: Decide): Promise<Message> {
    const { outbox, presenter } = this.parts
    return this.rooms.run(place.roomId, async () => {
      const { change, doc, mentioned } = await this.store(caller, place, decide)
      const [message] = (await presenter.inFull(caller, [doc])) as [Message]
      if (change !== null) await outbox.publish({ kind: 'change', change, message, ...mentioned })
      return message
    })
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
      const changed = { ...rest, ...becomes, ...asMentions(mentions), updatedAt: after(doc) }
      const fresh = mentions.filter((userId) => !before.includes(userId))
      const mentioned = fresh.length > 0 ? { mentioned: fresh } : {}
      const stored = { ...changeOf(change, decision.kind, doc, caller.userId), ...mentioned }
      if (await changes.store(stored, changed)) return { change, doc: changed, mentioned }
    }
    throw new Fault('SERVICE_UNAVAILABLE')
  }

  /** So that the caller's own counts are right at once; to everybody it comes by the stream. */
  private async note(caller: Caller, message: Message) {
    const { bus, logger } = this.parts
    await bus
      .ask('noteChange', caller, message)
      .catch((err) => logger.warn({ err, requestId: caller.requestId }, 'change not noted at once'))
  }
}

const erased = (doc: MessageDoc): Partial<MessageDoc> => ({
  data: { type: doc.data.type, content: {} },
  replyTo: null,
  mentions: [],
  meta: null,
  status: { ...statusOf(doc), deleted: true },
})

/** Null where that is so already, or where somebody else is meant by the name. */
function unmentioned({ data, mentions = [] }: MessageDoc, erased: Erased): Decision {
  const becomes = unmentioning(data, mentions, erased)
  if (mentions.includes(erased.userId)) return { kind: 'unmention', becomes }
  const isSame = JSON.stringify(becomes.data) === JSON.stringify(data)
  return isSame || isNamesakeAmong(mentions, erased) ? null : { kind: 'unmention', becomes }
}

/** Null where it says so already. @throws INVALID_REQUEST for what is no card */
function answered({ data }: MessageDoc, acceptedStatus: boolean): MessageData | null {
  const { rawData } = data.content
  if (data.type !== 'CARD' || !rawData)
    throw new Fault('INVALID_REQUEST', { message: 'Only a card has an acceptedStatus' })
  if (rawData.acceptedStatus === acceptedStatus) return null
  return { ...data, content: { ...data.content, rawData: { ...rawData, acceptedStatus } } }
}

/** Of two states of a message the later one counts, whatever the clocks of two instances say. */
const after = ({ createdAt, updatedAt }: MessageDoc) =>
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
