import type { JoinUser, Room } from '@chat/contract'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { useDebounced, usePages } from '../ui/use-pages.ts'

const MAX_CANDIDATES = 6
const LIST_ID = 'mention-picker'

/** The text between the last @ and the cursor. */
function mentionAt(text: string, cursor: number): string | null {
  const [, keyword] = /(?:^|\s)@([^\s@]{0,30})$/u.exec(text.slice(0, cursor)) ?? []
  return keyword ?? null
}

type Parts = {
  room: Room
  text: string
  field: { current: HTMLTextAreaElement | null }
  write: (text: string) => void
}

/** The cursor's position in the field; `place` sets it after the text was changed. */
function useCursor(field: Parts['field']) {
  const [cursor, setCursor] = useState(0)
  const nextCursor = useRef<number | null>(null)
  useLayoutEffect(() => {
    if (nextCursor.current === null) return
    field.current?.focus()
    field.current?.setSelectionRange(nextCursor.current, nextCursor.current)
    nextCursor.current = null
  })
  const follow = () => setCursor(field.current?.selectionStart ?? 0)
  const place = (next: number) => {
    nextCursor.current = next
    setCursor(next)
  }
  return { cursor, follow, place }
}

/** Members whose names contain the text after the @. */
function useCandidates(room: Room, keyword: string | null): JoinUser[] {
  const { chat, me } = useSession()
  const searched = useDebounced(keyword ?? '', 150)
  const { list } = usePages<JoinUser>(
    async () =>
      searched === ''
        ? { list: room.joinUsers, nextCursor: null }
        : chat.ask('listMembers', { roomId: room._id, keyword: searched, limit: MAX_CANDIDATES + 1 }),
    [searched, room.updatedAt],
  )
  if (keyword === null) return []
  // Until the server has answered, earlier candidates that still match stay, so that the list does not flicker.
  const fits = ({ _id, nickName }: JoinUser) =>
    _id !== me._id && nickName.toLowerCase().includes(keyword.toLowerCase())
  return list.filter(fits).slice(0, MAX_CANDIDATES)
}

/** Offers members while the user types `@`, and knows which of them the text mentions. */
export function useMentions({ room, text, field, write }: Parts) {
  const [picked, setPicked] = useState<readonly JoinUser[]>([])
  const [index, setIndex] = useState(0)
  const [dismissed, setDismissed] = useState('')
  const { cursor, follow, place } = useCursor(field)
  const keyword = dismissed === text ? null : mentionAt(text, cursor)
  const candidates = useCandidates(room, keyword)
  const current = Math.min(index, Math.max(0, candidates.length - 1))
  const pick = (member: JoinUser) => {
    const start = cursor - (keyword ?? '').length
    write(`${text.slice(0, start)}${member.nickName} ${text.slice(cursor)}`)
    place(start + member.nickName.length + 1)
    setPicked([...picked, member])
    setIndex(0)
  }
  const keys: Record<string, () => void> = {
    ArrowDown: () => setIndex((current + 1) % candidates.length),
    ArrowUp: () => setIndex((current + candidates.length - 1) % candidates.length),
    Enter: () => pick(candidates[current] as JoinUser),
    Tab: () => pick(candidates[current] as JoinUser),
    Escape: () => setDismissed(text),
  }
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const act = candidates.length > 0 ? keys[event.key] : undefined
    if (!act) return false
    event.preventDefault()
    act()
    return true
  }
  const idsIn = (sent: string) => [
    ...new Set(picked.filter(({ nickName }) => sent.includes(`@${nickName}`)).map(({ _id }) => _id)),
  ]
  return {
    candidates,
    current,
    pick,
    onKeyDown,
    idsIn,
    follow,
    attributes: attributesOf(candidates.length > 0, current, follow),
  }
}

/** ARIA attributes of the field. */
const attributesOf = (isOpen: boolean, current: number, follow: () => void) => ({
  'aria-autocomplete': 'list' as const,
  'aria-controls': isOpen ? LIST_ID : undefined,
  'aria-activedescendant': isOpen ? `${LIST_ID}-${current}` : undefined,
  onSelect: follow,
  onKeyUp: follow,
})

export function MentionPicker({ mentions }: { mentions: ReturnType<typeof useMentions> }) {
  const { candidates, current, pick } = mentions
  if (candidates.length === 0) return null
  return (
    <div class="mention-picker" id={LIST_ID} role="listbox" aria-label={words.value.compose.mention}>
      {candidates.map((member, place) => (
        <button
          key={member._id}
          id={`${LIST_ID}-${place}`}
          type="button"
          role="option"
          tabIndex={-1}
          aria-selected={place === current}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => pick(member)}
        >
          <Avatar id={member._id} name={member.nickName} size="small" />
          {plainName(member.nickName)}
        </button>
      ))}
    </div>
  )
}
