import type { Message } from '@chat/contract'
import { shortMoment } from '../i18n/format.ts'
import { previewOf } from '../text/message-preview.ts'
import { plainName, plainText } from '../text/plain-text.ts'
import { truncate } from '../text/truncate.ts'
import { RichText } from '../ui/rich-text.tsx'

/** A search result. */
export const FoundMessage = ({
  message,
  keyword,
  roomName,
  onPick,
}: {
  message: Message
  keyword: string
  roomName?: string
  onPick: () => void
}) => (
  <button type="button" class="found" onClick={onPick}>
    <span class="room-line">
      <strong class="room-name">{plainName(roomName ?? message.author.nickName)}</strong>
      <time>{shortMoment(message.createdAt)}</time>
    </span>
    <span class="found-text" dir="auto">
      {roomName && <span class="room-who">{plainName(message.author.nickName)}: </span>}
      <RichSnippet text={plainText(message.data.content.text ?? previewOf(message))} keyword={keyword} />
    </span>
  </button>
)

const BEFORE_MATCH = 24
const SNIPPET = 160

/** The part of a long text around the keyword. */
function RichSnippet({ text, keyword }: { text: string; keyword: string }) {
  const at = text.toLowerCase().indexOf(keyword.toLowerCase())
  const start = at > BEFORE_MATCH ? at - BEFORE_MATCH : 0
  const piece = `${start > 0 ? '…' : ''}${truncate(text.slice(start), SNIPPET)}`.replace(/https?:\/\//g, '')
  return <RichText text={piece.toWellFormed()} keyword={keyword} />
}
