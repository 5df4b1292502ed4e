import type { Message, Room } from '@chat/contract'
import { useState } from 'preact/hooks'
import type { Reply } from '../composer/reply.ts'
import type { Conversation } from '../conversation/conversation.ts'
import { fullTimeOf, timeOf } from '../i18n/dates.ts'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain.ts'
import { Avatar } from '../ui/avatar.tsx'
import { IconButton } from '../ui/button.tsx'
import { openDialog } from '../ui/dialog.tsx'
import { useLongPress, useMenu } from '../ui/menu.tsx'
import { RichText } from '../ui/rich-text.tsx'
import { Bubble } from './bubble.tsx'
import { actionsOn } from './message-actions.tsx'
import { Readers } from './readers.tsx'

export type MessageProps = {
  room: Room
  conversation: Conversation
  reply: Reply
  message: Message
  /** The first, or the last, of those that stand together. */
  isHead: boolean
  isTail: boolean
  isFlashed: boolean
}

export function MessageRow(props: MessageProps) {
  const { me } = useSession()
  const { message } = props
  if (message.data.type === 'ADMIN' && !message.status.deleted) return <AdminRow message={message} />
  return <TalkRow {...props} isMine={message.author.authorId === me._id} />
}

const AdminRow = ({ message }: { message: Message }) => (
  <p class="admin" dir="auto" title={fullTimeOf(message.createdAt)}>
    <RichText text={message.data.content.text ?? words.value.preview.hidden} />
  </p>
)

function TalkRow(props: MessageProps & { isMine: boolean }) {
  const { message, isMine, isHead, isTail, isFlashed } = props
  const session = useSession()
  const { message: texts, room: roomTexts } = words.value
  const menu = useMenu(texts.actions, () => actionsOn({ ...props, session }))
  const press = useLongPress(menu.openAt)
  const { author, createdAt } = message
  const name = plainName(author.nickName)
  const looks = [
    'talk',
    isMine && 'is-mine',
    isHead && 'is-head',
    isTail && 'is-tail',
    isFlashed && 'is-flashed',
    menu.isOpen && 'has-menu',
  ]
  const onContextMenu = (event: MouseEvent) => {
    // A mouse has the browser's own menu there; a finger asks by the same press for this one.
    const isTouch = 'pointerType' in event && event.pointerType === 'touch'
    if (!isTouch && (event.target as HTMLElement).closest('a, img, video')) return
    event.preventDefault()
    menu.openAt({ x: event.clientX, y: event.clientY })
  }
  return (
    <article
      class={looks.filter(Boolean).join(' ')}
      aria-label={roomTexts.saidAt(name, timeOf(createdAt))}
      onContextMenu={onContextMenu}
      {...press}
    >
      {!isMine && (
        <span class="talk-face">
          {isHead && <Avatar id={author.authorId} name={author.nickName} size="small" />}
        </span>
      )}
      <div class="talk-body">
        {isHead && !isMine && <p class="talk-name">{name}</p>}
        <div class="talk-line">
          <div class="talk-seat">
            <Shown {...props} />
            <div class="talk-tools">
              <IconButton icon="reply" label={texts.reply} onClick={() => props.reply.answer(message)} />
              <IconButton icon="more" label={texts.actions} aria-haspopup="menu" onClick={menu.openBelow} />
            </div>
          </div>
          <Margin {...props} />
        </div>
      </div>
      {menu.menu}
    </article>
  )
}

/** What somebody wrote whom one has blocked is shown on demand only. */
function Shown(props: MessageProps & { isMine: boolean }) {
  const [isUncovered, setUncovered] = useState(false)
  if (!props.message.blocked || isUncovered) return <Bubble {...props} />
  return (
    <div class="bubble bubble-gone">
      {words.value.preview.blocked}{' '}
      <button type="button" class="text-button" onClick={() => setUncovered(true)}>
        {words.value.message.show}
      </button>
    </div>
  )
}

/** Beside the bubble: how many have not read it yet, and when it was said. */
function Margin({ room, message, isTail }: MessageProps) {
  const isGone = message.status.deleted || message.status.hidden
  const count = isGone ? 0 : message.unReadUserCount
  const label = words.value.message.unread(count)
  return (
    <span class="talk-margin">
      {count > 0 && (
        <button
          type="button"
          class="unread-count"
          aria-label={label}
          title={label}
          onClick={() => openDialog(<Readers room={room} message={message} />)}
        >
          {count}
        </button>
      )}
      {isTail && (
        <time dateTime={message.createdAt} title={fullTimeOf(message.createdAt)}>
          {timeOf(message.createdAt)}
        </time>
      )}
    </span>
  )
}
