import { type Author, isGone, type Message, type MessageData } from '@chat/contract'
import type { Stored } from '@chat/service'

/** A message before it has its seq. */
export type Draft = {
  roomId: string
  syncKey: string
  author: Author
  data: MessageData
  replyTo: Message['replyTo']
  /** Absent when nobody is mentioned. */
  mentions?: string[]
  meta: Record<string, unknown> | null
  /** The number of members who had not read the message when it was sent. */
  audience: number
  createdAt: Date
}
/** A message as it is stored. */
export type MessageDoc = Draft &
  Stored & {
    _id: string
    seq: number
    /** `status` and `updatedAt` are absent until the message is changed for the first time. */
    status?: Message['status']
    updatedAt?: Date
  }

type Essentials = Pick<Draft, 'roomId' | 'syncKey' | 'author' | 'data' | 'audience'>
export const newDraft = (draft: Essentials & Partial<Draft>): Draft => ({
  replyTo: null,
  meta: null,
  createdAt: new Date(),
  ...draft,
})

/** A reply is stored without the text that it quotes. */
export const asStored = (doc: MessageDoc) =>
  doc.replyTo ? { ...doc, replyTo: { messageId: doc.replyTo.messageId, author: doc.replyTo.author } } : doc

/** The `mentions` field of a draft or document. */
export const asMentions = (userIds: string[]) => (userIds.length > 0 ? { mentions: userIds } : {})

export const statusOf = ({ status }: Pick<MessageDoc, 'status'>): Message['status'] =>
  status ?? { deleted: false, hidden: false }

export const isDocGone = (doc: Pick<MessageDoc, 'status'>) => isGone({ status: statusOf(doc) })

/** What a reply shows of the message. */
export const quoteOf = (doc: Pick<MessageDoc, 'data' | 'status'>) =>
  isDocGone(doc) ? '' : (doc.data.content.text ?? '')

/** The message in full, as masters see it. */
export const presentMessage = (doc: MessageDoc, unReadUserCount = doc.audience): Message => ({
  _id: doc._id,
  syncKey: doc.syncKey,
  roomId: doc.roomId,
  seq: doc.seq,
  author: doc.author,
  data: doc.data,
  replyTo: doc.replyTo,
  mentions: doc.mentions ?? [],
  meta: doc.meta,
  status: statusOf(doc),
  unReadUserCount: isDocGone(doc) ? 0 : unReadUserCount,
  createdAt: doc.createdAt.toISOString(),
  updatedAt: (doc.updatedAt ?? doc.createdAt).toISOString(),
})
