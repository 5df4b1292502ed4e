import type { Message } from '@chat/contract'
import { useState } from 'preact/hooks'
import { fullTimeOf, timeOf } from '../i18n/format.ts'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { IconButton } from '../ui/button.tsx'
import { openDialog } from '../ui/dialog.tsx'
import { useLongPress, useMenu } from '../ui/menu.tsx'
import { RichText } from '../ui/rich-text.tsx'
import { Bubble, type MessageProps } from './bubble.tsx'
import { actionsOn } from './message-actions.tsx'
import { Readers } from './readers.tsx'

export function MessageRow(props: MessageProps) {
  const { me } = useSession()
  const { message } = props
  if (message.data.type === 'ADMIN' && !message.status.deleted) return <AdminMessage message={message} />
  return <UserMessage {...props} isMine={message.author.authorId === me._id} />
}

const AdminMessage = ({ message }: { message: Message }) => (
  <p class="admin" dir="auto" title={fullTimeOf(message.createdAt)}>
    <RichText text={message.data.content.text ?? words.value.preview.hidden} />
  </p>
)

function UserMessage(props: MessageProps & { isMine: boolean }) {
  const { message, isMine, isHead, isTail, isFlashed } = props
  const session = useSession()
  const { message: texts, room: roomTexts } = words.value
  const menu = useMenu(texts.actions, () => actionsOn({ ...props, session }))
  const press = useLongPress(menu.openAt)
  const { author, createdAt } = message
  const name = plainName(author.nickName)
  const classes = [
    'talk',
    isMine && 'is-mine',
    isHead && 'is-head',
    isTail && 'is-tail',
    isFlashed && 'is-flashed',
    menu.isOpen && 'has-menu',
  ]
  const onContextMenu = (event: MouseEvent) => {
    // Links and media keep the browser's own menu, except on touch, where a long press opens this one.
    const isTouch = 'pointerType' in event && event.pointerType === 'touch'
    if (!isTouch && (event.target as HTMLElement).closest('a, img, video')) return
    event.preventDefault()
    menu.openAt({ x: event.clientX, y: event.clientY })
  }
  return (
    <article
      class={classes.filter(Boolean).join(' ')}
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
            <MessageContent {...props} />
            <div class="talk-tools">
              <IconButton icon="reply" label={texts.reply} onClick={() => props.reply.answer(message)} />
              <IconButton icon="more" label={texts.actions} aria-haspopup="menu" onClick={menu.openBelow} />
            </div>
          </div>
          <MessageMeta {...props} />
        </div>
      </div>
      {menu.menu}
    </article>
  )
}

/** A blocked user's message is shown on demand only. */
function MessageContent(props: MessageProps & { isMine: boolean }) {
  const [isRevealed, setRevealed] = useState(false)
  if (!props.message.blocked || isRevealed) return <Bubble {...props} />
  return (
    <div class="bubble bubble-gone">
      {words.value.preview.blocked}{' '}
      <button type="button" class="text-button" onClick={() => setRevealed(true)}>
        {words.value.message.show}
      </button>
    </div>
  )
}

/** Beside the bubble: the unread count and the time. */
function MessageMeta({ room, message, isTail }: MessageProps) {
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
