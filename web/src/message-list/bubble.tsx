import type { Message, Room } from '@chat/contract'
import { useState } from 'preact/hooks'
import type { Reply } from '../composer/reply.ts'
import type { Conversation } from '../conversation/conversation.ts'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { previewOf } from '../text/message-preview.ts'
import { plainName, plainText } from '../text/plain-text.ts'
import { truncate } from '../text/truncate.ts'
import { Icon } from '../ui/icon.tsx'
import { RichText } from '../ui/rich-text.tsx'
import { CardBody } from './card-body.tsx'
import { FileBody } from './file-body.tsx'

export type MessageProps = {
  room: Room
  conversation: Conversation
  reply: Reply
  message: Message
  /** Whether it is the first, or the last, of a group of one author. */
  isHead: boolean
  isTail: boolean
  isFlashed: boolean
}

/** Longer texts are shortened until they are expanded. */
const LONG_TEXT = 900
const LONG_LINES = 16
const QUOTED_TEXT = 200

/** A message's content. */
export function Bubble({ room, message, conversation, isMine }: MessageProps & { isMine: boolean }) {
  const { status, data } = message
  const { preview } = words.value
  if (status.deleted) return <GoneBubble text={preview.deleted} />
  if (status.hidden && !hasContent(message)) return <GoneBubble text={preview.hidden} />
  const isFile = data.type === 'PHOTO' || data.type === 'VIDEO' || data.type === 'FILE'
  const names = room.joinUsers
    .filter(({ _id }) => message.mentions.includes(_id))
    .map(({ nickName }) => nickName)
  return (
    <div
      class={`bubble ${isMine ? 'bubble-mine' : ''} ${isFile ? 'bubble-file' : ''} ${status.hidden ? 'bubble-hidden' : ''}`}
    >
      {message.replyTo && <Quote quoted={message.replyTo} conversation={conversation} />}
      {isFile && data.content.files?.map((file) => <FileBody key={file.path} file={file} type={data.type} />)}
      {data.type === 'CARD' && data.content.rawData && <CardBody card={data.content.rawData} />}
      {data.content.text !== undefined && !isFile && <TextBody text={data.content.text} names={names} />}
      <Marks message={message} />
    </div>
  )
}

const hasContent = ({ data: { content } }: Message) =>
  content.text !== undefined || content.files !== undefined || content.rawData !== undefined

const GoneBubble = ({ text }: { text: string }) => <div class="bubble bubble-gone">{text}</div>

function Marks({ message: { status, data, createdAt, updatedAt } }: { message: Message }) {
  const { message } = words.value
  const isEdited = data.type === 'TEXT' && !status.hidden && updatedAt > createdAt
  if (!isEdited && !status.hidden) return null
  return <span class="bubble-mark">{status.hidden ? message.hiddenMark : message.edited}</span>
}

function TextBody({ text, names }: { text: string; names: string[] }) {
  const [isExpanded, setExpanded] = useState(false)
  const isLong = text.length > LONG_TEXT || text.split('\n').length > LONG_LINES
  const shown =
    isLong && !isExpanded ? `${truncate(text.split('\n').slice(0, LONG_LINES).join('\n'), LONG_TEXT)}…` : text
  return (
    <>
      <p class="bubble-text" dir="auto">
        <RichText text={shown} names={names} />
      </p>
      {isLong && !isExpanded && (
        <button type="button" class="text-button" onClick={() => setExpanded(true)}>
          {words.value.message.expand}
        </button>
      )}
    </>
  )
}

type Quoted = NonNullable<Message['replyTo']>

function Quote({ quoted, conversation }: { quoted: Quoted; conversation: Conversation }) {
  const { toasts } = useSession()
  const { message } = words.value
  const { messageId } = quoted
  // A quote without text (deleted, hidden, or a file) is described from the message, if that is loaded.
  const loaded = conversation.window.value.messages.find(({ _id }) => _id === messageId)
  const text = quoted.text === '' ? (loaded ? previewOf(loaded) : '…') : plainText(quoted.text)
  const who = plainName(quoted.author.nickName)
  return (
    <button
      type="button"
      class="quote"
      aria-label={message.repliedTo(who)}
      onClick={() => void toasts.attempt(() => conversation.goTo(messageId))}
    >
      <span class="quote-who">
        <Icon name="reply" size={13} /> {who}
      </span>
      <span class="quote-text" dir="auto">
        {truncate(text, QUOTED_TEXT)}
      </span>
    </button>
  )
}
