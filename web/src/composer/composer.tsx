import type { Room } from '@chat/contract'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { TypingNotifier } from '../conversation/typing-notifier.ts'
import { words } from '../i18n/words.ts'
import { isMuted } from '../session/room-members.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'
import { IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { AttachButton } from './attach-button.tsx'
import { storeDraft, storedDraft } from './draft-store.ts'
import { MentionPicker, useMentions } from './mention-picker.tsx'
import type { Reply } from './reply.ts'
import { ReplyBar } from './reply-bar.tsx'

/** The server's default `textLength`. The server decides. */
const MAX_TEXT = 4000
const WARN_BELOW_CHARACTERS = 200
const MAX_HEIGHT_PX = 180

type Props = { room: Room; reply: Reply }

/** The input for messages, or the reason why the user may not write. */
export function Composer({ room, reply }: Props) {
  const { me } = useSession()
  const { compose } = words.value
  if (room.rules.isFreezed) return <ComposerClosed icon="lock" text={compose.frozen} />
  if (isMuted(room.joinUsers.find(({ _id }) => _id === me._id)))
    return <ComposerClosed icon="mute" text={compose.muted} />
  return <ComposerForm room={room} reply={reply} />
}

const ComposerClosed = ({ icon, text }: { icon: 'lock' | 'mute'; text: string }) => (
  <p class="composer composer-closed" role="status">
    <Icon name={icon} size={18} /> {text}
  </p>
)

function ComposerForm({ room, reply }: Props) {
  const { chat, uploads } = useSession()
  const [text, setText] = useState(() => storedDraft(room._id))
  const field = useRef<HTMLTextAreaElement>(null)
  const typing = useMemo(() => new TypingNotifier(chat, room._id), [])
  const write = (next: string) => {
    setText(next)
    if (room.memberCount === 2) typing.update(next !== '')
    if (!reply.editing.value) storeDraft(room._id, next)
  }
  const mentions = useMentions({ room, text, field, write })
  const send = useSend({ room, reply, text, write, mentionIds: mentions.idsIn })
  useReplyFocus({ reply, field, setText, roomId: room._id })
  useAutoGrow(field, text)
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a syllable, Enter belongs to it.
    if (event.isComposing || mentions.onKeyDown(event)) return
    if (event.key === 'Escape') reply.clear()
    if (event.key !== 'Enter' || event.shiftKey) return
    event.preventDefault()
    send()
  }
  const onPaste = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (files.length > 0) uploads.add(room._id, files)
  }
  const { compose } = words.value
  return (
    <div class="composer">
      <MentionPicker mentions={mentions} />
      <ReplyBar reply={reply} />
      <div class="composer-box">
        <AttachButton onFiles={(files) => uploads.add(room._id, files)} />
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={compose.placeholder(plainName(room.name))}
          aria-label={compose.placeholder(plainName(room.name))}
          onInput={(event) => {
            write(event.currentTarget.value)
            mentions.follow()
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          {...mentions.attributes}
        />
        <CharactersLeft count={MAX_TEXT - text.length} />
        <IconButton
          icon="send"
          label={compose.send}
          class="send"
          disabled={text.trim() === '' || text.length > MAX_TEXT}
          onClick={send}
        />
      </div>
    </div>
  )
}

function CharactersLeft({ count }: { count: number }) {
  const { compose } = words.value
  if (count >= WARN_BELOW_CHARACTERS) return null
  return (
    <span class={`composer-left ${count < 0 ? 'is-over' : ''}`} role="status">
      {count < 0 ? compose.tooLong(-count) : compose.left(count)}
    </span>
  )
}

type SendParts = Props & {
  text: string
  write: (text: string) => void
  mentionIds: (text: string) => string[]
}

function useSend({ room, reply, text, write, mentionIds }: SendParts) {
  const { chat, toasts } = useSession()
  return () => {
    const trimmed = text.trim()
    if (trimmed === '' || text.length > MAX_TEXT) return
    const [editing, to] = [reply.editing.value, reply.to.value]
    reply.clear()
    write('')
    if (editing) {
      const change = { roomId: room._id, messageId: editing._id, text: trimmed }
      const attempt = toasts.attempt(() => chat.ask('editMessage', change))
      return void attempt.then((isDone) => isDone || reply.edit(editing, trimmed))
    }
    const mentions = mentionIds(trimmed)
    // The outbox shows what becomes of it.
    const draft = {
      roomId: room._id,
      text: trimmed,
      ...(to && { replyTo: to._id }),
      ...(mentions.length > 0 && { mentions }),
    }
    void chat.send(draft).catch(() => {})
  }
}

type FocusParts = {
  reply: Reply
  field: { current: HTMLTextAreaElement | null }
  setText: (text: string) => void
  roomId: string
}

/** Focuses the field for a reply or an edit and, on wide screens, when a room is opened. */
function useReplyFocus({ reply, field, setText, roomId }: FocusParts) {
  const [to, editing] = [reply.to.value, reply.editing.value]
  useEffect(() => {
    if (matchMedia('(min-width: 760px) and (hover: hover)').matches) field.current?.focus()
  }, [])
  useLayoutEffect(() => {
    setText(editing ? reply.refused || (editing.data.content.text ?? '') : storedDraft(roomId))
    if (to || editing) field.current?.focus()
  }, [to?._id, editing?._id])
}

function useAutoGrow(field: { current: HTMLTextAreaElement | null }, text: string) {
  useEffect(() => {
    const element = field.current
    if (!element) return
    element.style.height = 'auto'
    // The placeholder may be longer than a line.
    if (text === '') return
    element.style.height = `${Math.min(MAX_HEIGHT_PX, element.scrollHeight)}px`
  }, [text])
}
