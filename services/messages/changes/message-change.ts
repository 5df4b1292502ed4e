import { type Caller, changeId, Fault, type Message } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { findMessage } from '../read/visible-message.ts'
import { asMentions, type MessageDoc } from '../send/message-doc.ts'
import type { ChangeDoc, ChangeKind } from './change-store.ts'

/** Each try fails only when another instance has changed a message of the room. */
const MAX_TRIES = 50

export type Place = { roomId: string; messageId: string }
/** A change, and what it makes of the message; null when there is nothing to change. */
export type Decision = { kind: ChangeKind; becomes: Partial<MessageDoc> } | null
type Decide = (doc: MessageDoc) => Decision | Promise<Decision>

/**
 * Changes a message. A change takes the room's next number, in one transaction with what it makes of the message. It is
 * decided on the message as read after the number before, so no other change comes in between.
 * @returns the message in full, once the change, this or an earlier one, is stored
 */
export async function changeMessage(
  parts: Parts,
  caller: Caller,
  place: Place,
  decide: Decide,
): Promise<Message> {
  const message = await parts.changeQueue.run(place.roomId, () => store(parts, caller, place, decide))
  await notify(parts, caller, message)
  return message
}

async function store(parts: Parts, caller: Caller, place: Place, decide: Decide): Promise<Message> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const change = (await parts.changes.last(place.roomId)) + 1
    const doc = await findMessage(parts.store, place)
    const decision = await decide(doc)
    if (!decision) return present(parts, caller, doc)
    const { mentions = doc.mentions ?? [], ...becomes } = decision.becomes
    const { mentions: before = [], ...rest } = doc
    const changed = { ...rest, ...becomes, ...asMentions(mentions), updatedAt: timeAfter(doc) }
    const added = mentions.filter((userId) => !before.includes(userId))
    const mentioned = added.length > 0 ? { mentioned: added } : {}
    const message = await present(parts, caller, changed)
    const stored = { ...changeOf(change, decision.kind, doc, caller.userId), ...mentioned }
    const event = { kind: 'change', change, message, ...mentioned } as const
    const isStored = await parts.outbox.store(
      (storedAt) => parts.changes.store({ ...stored, storedAt }, changed),
      (succeeded) => (succeeded ? [{ event }] : []),
    )
    if (isStored) return message
  }
  throw new Fault('SERVICE_UNAVAILABLE')
}

const present = async ({ presenter }: Parts, caller: Caller, doc: MessageDoc) =>
  (await presenter.inFull(caller, [doc]))[0] as Message

/** Makes the caller's own counts right at once; everybody else gets the change from the stream. */
async function notify({ bus, logger }: Parts, caller: Caller, message: Message) {
  await bus
    .ask('noteChange', caller, message)
    .catch((err) =>
      logger.warn({ err, requestId: caller.requestId }, 'rooms was not told of a change at once'),
    )
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
