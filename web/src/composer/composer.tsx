import type { JoinUser, Room } from '@chat/contract'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Typing } from '../conversation/typing.ts'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain.ts'
import { IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { About, Attach } from './composer-parts.tsx'
import { keepDraft, keptDraft } from './draft-store.ts'
import { MentionPicker, useMentions } from './mention-picker.tsx'
import type { Reply } from './reply.ts'

/** `textLength` as the server has it unless it is configured otherwise; its word counts. */
const MAX_TEXT = 4000
const WARN_BELOW = 200
const TALLEST_PX = 180

type Props = { room: Room; reply: Reply }

const isMuted = (member: JoinUser | undefined) =>
  member?.mutedUntil !== undefined && Date.parse(member.mutedUntil) > Date.now()

/** Where one writes; where one may not, why. */
export function Composer({ room, reply }: Props) {
  const { me } = useSession()
  const { compose } = words.value
  if (room.rules.isFreezed) return <Closed icon="lock" text={compose.frozen} />
  if (isMuted(room.joinUsers.find(({ _id }) => _id === me._id)))
    return <Closed icon="mute" text={compose.muted} />
  return <Writing room={room} reply={reply} />
}

const Closed = ({ icon, text }: { icon: 'lock' | 'mute'; text: string }) => (
  <p class="composer composer-closed" role="status">
    <Icon name={icon} size={18} /> {text}
  </p>
)

function Writing({ room, reply }: Props) {
  const { chat, uploads } = useSession()
  const [text, setText] = useState(() => keptDraft(room._id))
  const field = useRef<HTMLTextAreaElement>(null)
  const typing = useMemo(() => new Typing(chat, room._id), [])
  const write = (next: string) => {
    setText(next)
    if (room.memberCount === 2) typing.note(next !== '')
    if (!reply.editing.value) keepDraft(room._id, next)
  }
  const mentions = useMentions({ room, text, field, write })
  const send = useSend({ room, reply, text, write, mentionIds: mentions.idsIn })
  useReplyFocus({ reply, field, setText, roomId: room._id })
  useGrowing(field, text)
  const onKeyDown = (event: KeyboardEvent) => {
    // While a syllable is being composed, Enter belongs to the input method.
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
      <About reply={reply} />
      <div class="composer-box">
        <Attach onFiles={(files) => uploads.add(room._id, files)} />
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
        <Left count={MAX_TEXT - text.length} />
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

function Left({ count }: { count: number }) {
  const { compose } = words.value
  if (count >= WARN_BELOW) return null
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
  const { chat, notices } = useSession()
  return () => {
    const wanted = text.trim()
    if (wanted === '' || text.length > MAX_TEXT) return
    const [editing, to] = [reply.editing.value, reply.to.value]
    reply.clear()
    write('')
    if (editing) {
      const change = { roomId: room._id, messageId: editing._id, text: wanted }
      const attempt = notices.attempt(() => chat.ask('editMessage', change))
      return void attempt.then((isDone) => isDone || reply.edit(editing, wanted))
    }
    const mentions = mentionIds(wanted)
    // What becomes of it is seen in the outbox.
    const draft = {
      roomId: room._id,
      text: wanted,
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

/** Whoever answers or edits goes on writing; on a wide screen, whoever opens a room too. */
function useReplyFocus({ reply, field, setText, roomId }: FocusParts) {
  const [to, editing] = [reply.to.value, reply.editing.value]
  useEffect(() => {
    if (matchMedia('(min-width: 760px) and (hover: hover)').matches) field.current?.focus()
  }, [])
  useLayoutEffect(() => {
    setText(editing ? reply.refused || (editing.data.content.text ?? '') : keptDraft(roomId))
    if (to || editing) field.current?.focus()
  }, [to?._id, editing?._id])
}

function useGrowing(field: { current: HTMLTextAreaElement | null }, text: string) {
  useEffect(() => {
    const element = field.current
    if (!element) return
    element.style.height = 'auto'
    // What stands there until something is written may be longer than a line.
    if (text === '') return
    element.style.height = `${Math.min(TALLEST_PX, element.scrollHeight)}px`
  }, [text])
}
