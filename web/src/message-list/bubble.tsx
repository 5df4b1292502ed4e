import type { Message } from '@chat/contract'
import { useState } from 'preact/hooks'
import type { Conversation } from '../conversation/conversation.ts'
import { words } from '../i18n/words.ts'
import { previewOf } from '../session/preview.ts'
import { useSession } from '../session/session.ts'
import { plainName, plainText } from '../text/plain.ts'
import { cut } from '../text/truncate.ts'
import { Icon } from '../ui/icon.tsx'
import { RichText } from '../ui/rich-text.tsx'
import { CardBody } from './card-body.tsx'
import { FileBody } from './file-body.tsx'
import type { MessageProps } from './message-row.tsx'

/** Longer texts are cut short until somebody wants to see them. */
const LONG_TEXT = 900
const LONG_LINES = 16
const QUOTED_TEXT = 200

/** What a message says. */
export function Bubble({ room, message, conversation, isMine }: MessageProps & { isMine: boolean }) {
  const { status, data } = message
  const { preview } = words.value
  if (status.deleted) return <Gone text={preview.deleted} />
  if (status.hidden && !hasContent(message)) return <Gone text={preview.hidden} />
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

const Gone = ({ text }: { text: string }) => <div class="bubble bubble-gone">{text}</div>

function Marks({ message: { status, data, createdAt, updatedAt } }: { message: Message }) {
  const { message } = words.value
  const isEdited = data.type === 'TEXT' && !status.hidden && updatedAt > createdAt
  if (!isEdited && !status.hidden) return null
  return <span class="bubble-mark">{status.hidden ? message.hiddenMark : message.edited}</span>
}

function TextBody({ text, names }: { text: string; names: string[] }) {
  const [isWhole, setWhole] = useState(false)
  const isLong = text.length > LONG_TEXT || text.split('\n').length > LONG_LINES
  const shown =
    isLong && !isWhole ? `${cut(text.split('\n').slice(0, LONG_LINES).join('\n'), LONG_TEXT)}…` : text
  return (
    <>
      <p class="bubble-text" dir="auto">
        <RichText text={shown} names={names} />
      </p>
      {isLong && !isWhole && (
        <button type="button" class="text-button" onClick={() => setWhole(true)}>
          {words.value.message.expand}
        </button>
      )}
    </>
  )
}

type Quoted = NonNullable<Message['replyTo']>

function Quote({ quoted, conversation }: { quoted: Quoted; conversation: Conversation }) {
  const { notices } = useSession()
  const { message } = words.value
  const { messageId } = quoted
  // What is gone, or has no text, is told by the message itself where that is at hand.
  const held = conversation.window.value.messages.find(({ _id }) => _id === messageId)
  const text = quoted.text === '' ? (held ? previewOf(held) : '…') : plainText(quoted.text)
  const who = plainName(quoted.author.nickName)
  return (
    <button
      type="button"
      class="quote"
      aria-label={message.repliedTo(who)}
      onClick={() => void notices.attempt(() => conversation.goTo(messageId))}
    >
      <span class="quote-who">
        <Icon name="reply" size={13} /> {who}
      </span>
      <span class="quote-text" dir="auto">
        {cut(text, QUOTED_TEXT)}
      </span>
    </button>
  )
}
