import type { QueuedDraft } from '@chat/client'
import type { Message } from '@chat/contract'
import { dayKey } from '../i18n/format.ts'
import type { Upload } from '../session/uploads.ts'
import type { MessageWindow } from './message-window.ts'

/** The rows of a conversation's list, top to bottom. */
export type Row =
  | { kind: 'beginning'; key: string }
  | { kind: 'day'; key: string; at: string }
  | { kind: 'unread'; key: string }
  | { kind: 'message'; key: string; message: Message; isHead: boolean; isTail: boolean }
  | { kind: 'draft'; key: string; draft: QueuedDraft }
  | { kind: 'upload'; key: string; upload: Upload }

export const messageKey = (seq: number) => `m${seq}`

/** Messages of one author within this time form a group. */
const GROUP_MS = 5 * 60_000

type Parts = {
  window: MessageWindow
  /** The `seq` of the first message that was unread when the room was opened. */
  firstUnread: number | null
  me: string
  drafts: readonly QueuedDraft[]
  uploads: readonly Upload[]
}

export function rowsOf({ window, firstUnread, me, drafts, uploads }: Parts): Row[] {
  const rows: Row[] = []
  const { messages } = window
  if (!window.hasBefore && messages.length > 0) rows.push({ kind: 'beginning', key: 'beginning' })
  for (const [index, message] of messages.entries()) {
    const before = messages[index - 1]
    const isNewDay = !before || dayKey(before.createdAt) !== dayKey(message.createdAt)
    const isUnread = message.seq === firstUnread
    if (isNewDay) rows.push({ kind: 'day', key: `day${message.seq}`, at: message.createdAt })
    if (isUnread) rows.push({ kind: 'unread', key: 'unread' })
    const after = messages[index + 1]
    rows.push({
      kind: 'message',
      key: messageKey(message.seq),
      message,
      isHead: isNewDay || isUnread || !areGrouped(before, message),
      isTail: !after || after.seq === firstUnread || !areGrouped(message, after),
    })
  }
  return [...rows, ...queuedRows({ window, me, drafts, uploads })]
}

function areGrouped(one: Message, other: Message): boolean {
  const isTalk = one.data.type !== 'ADMIN' && other.data.type !== 'ADMIN'
  const gap = Date.parse(other.createdAt) - Date.parse(one.createdAt)
  return isTalk && one.author.authorId === other.author.authorId && gap < GROUP_MS
}

/** Uploads and drafts in the outbox. One whose message has arrived is left out. */
function queuedRows({ window, me, drafts, uploads }: Omit<Parts, 'firstUnread'>): Row[] {
  const sent = new Set(
    window.messages
      .slice(-100)
      .filter(({ author }) => author.authorId === me)
      .map(({ syncKey }) => syncKey),
  )
  return [
    ...uploads
      .filter(({ syncKey }) => !sent.has(syncKey))
      .map((upload): Row => ({ kind: 'upload', key: `u${upload.syncKey}`, upload })),
    ...drafts
      .filter(({ syncKey }) => !sent.has(syncKey))
      .map((draft): Row => ({ kind: 'draft', key: `d${draft.syncKey}`, draft })),
  ]
}
