import type { JoinUser, Room } from '@chat/contract'
import { useState } from 'preact/hooks'
import { useDesk } from '../desk/desk.ts'
import { plainName } from '../text/plain.ts'
import { Avatar } from '../ui/avatar.tsx'
import { usePaged, useSettled } from '../ui/paged.ts'
import { words } from '../words/words.ts'

const SHOWN = 6
const LIST_ID = 'mention-picker'

/** What stands between the last @ and the cursor. */
export function mentionAt(text: string, cursor: number): string | null {
  const [, keyword] = /(?:^|\s)@([^\s@]{0,30})$/u.exec(text.slice(0, cursor)) ?? []
  return keyword ?? null
}

type Parts = {
  room: Room
  text: string
  field: { current: HTMLTextAreaElement | null }
  write: (text: string) => void
}

/** Names of members that are offered while one writes `@`, and whose of them the text mentions. */
export function useMentions({ room, text, field, write }: Parts) {
  const { chat, me } = useDesk()
  const [picked, setPicked] = useState<readonly JoinUser[]>([])
  const [index, setIndex] = useState(0)
  const [dismissed, setDismissed] = useState('')
  const cursor = field.current?.selectionStart ?? text.length
  const keyword = dismissed === text ? null : mentionAt(text, cursor)
  const wanted = useSettled(keyword ?? '', 150)
  const { list } = usePaged<JoinUser>(
    async () =>
      wanted === ''
        ? { list: room.joinUsers, nextCursor: null }
        : chat.ask('listMembers', { roomId: room._id, keyword: wanted, limit: SHOWN + 1 }),
    [wanted, room.updatedAt],
  )
  const offered = keyword === null ? [] : list.filter(({ _id }) => _id !== me._id).slice(0, SHOWN)
  const current = Math.min(index, Math.max(0, offered.length - 1))
  const pick = (member: JoinUser) => {
    const start = cursor - (keyword ?? '').length
    write(`${text.slice(0, start)}${member.nickName} ${text.slice(cursor)}`)
    setPicked([...picked, member])
    setIndex(0)
    field.current?.focus()
  }
  const keys: Record<string, () => void> = {
    ArrowDown: () => setIndex((current + 1) % offered.length),
    ArrowUp: () => setIndex((current + offered.length - 1) % offered.length),
    Enter: () => pick(offered[current] as JoinUser),
    Tab: () => pick(offered[current] as JoinUser),
    Escape: () => setDismissed(text),
  }
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const act = offered.length > 0 ? keys[event.key] : undefined
    if (!act) return false
    event.preventDefault()
    act()
    return true
  }
  const idsIn = (sent: string) => [
    ...new Set(picked.filter(({ nickName }) => sent.includes(`@${nickName}`)).map(({ _id }) => _id)),
  ]
  const isOpen = offered.length > 0
  const aria = {
    'aria-autocomplete': 'list' as const,
    'aria-controls': isOpen ? LIST_ID : undefined,
    'aria-activedescendant': isOpen ? `${LIST_ID}-${current}` : undefined,
  }
  return { offered, current, pick, onKeyDown, idsIn, aria }
}

export function MentionPicker({ mentions }: { mentions: ReturnType<typeof useMentions> }) {
  const { offered, current, pick } = mentions
  if (offered.length === 0) return null
  return (
    <div class="mention-picker" id={LIST_ID} role="listbox" aria-label={words.value.compose.mention}>
      {offered.map((member, place) => (
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
