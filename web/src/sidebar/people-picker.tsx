import type { User } from '@chat/contract'
import { useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import { LoadError } from '../ui/placeholder.tsx'
import { SearchField } from '../ui/search-field.tsx'
import { useDebounced, usePages } from '../ui/use-pages.ts'

type Props = { picked: readonly User[]; onPick: (picked: User[]) => void; hidden?: readonly string[] }

/** Picks users: members of the user's rooms, or anybody by name. */
export function PeoplePicker({ picked, onPick, hidden = [] }: Props) {
  const { chat, me, rooms } = useSession()
  const [keyword, setKeyword] = useState('')
  const searched = useDebounced(keyword.trim())
  const { list, error, isLoading, retry } = usePages<User>(
    async () =>
      searched === ''
        ? { list: acquaintances(rooms.all.value.flatMap(({ joinUsers }) => joinUsers)), nextCursor: null }
        : chat.ask('searchUsers', { keyword: searched, limit: 30 }),
    [searched],
  )
  const shown = list.filter(({ _id }) => _id !== me._id && !hidden.includes(_id))
  const isPicked = (user: User) => picked.some(({ _id }) => _id === user._id)
  const toggle = (user: User) =>
    onPick(isPicked(user) ? picked.filter(({ _id }) => _id !== user._id) : [...picked, user])
  return (
    <fieldset class="people-picker">
      <legend class="sr-only">{words.value.dialogs.with}</legend>
      <SearchField label={words.value.dialogs.search} value={keyword} onInput={setKeyword} isFocused />
      {picked.length > 0 && (
        <p class="picked">
          {picked.map((user) => (
            <button key={user._id} type="button" class="chip" onClick={() => toggle(user)}>
              {plainName(user.nickName)} <Icon name="close" size={12} />
            </button>
          ))}
        </p>
      )}
      <div class="people-found">
        {shown.map((user) => (
          <label key={user._id} class="person">
            <Avatar id={user._id} name={user.nickName} size="small" />
            <span class="person-name">{plainName(user.nickName)}</span>
            <input type="checkbox" checked={isPicked(user)} onChange={() => toggle(user)} />
          </label>
        ))}
        {error !== null && <LoadError error={error} onRetry={retry} />}
        {shown.length === 0 && error === null && !isLoading && (
          <p class="hint">{words.value.people.nobody}</p>
        )}
      </div>
    </fieldset>
  )
}

const MAX_KNOWN = 50

function acquaintances(people: readonly User[]): User[] {
  const known = new Map(people.map(({ _id, nickName, profileUrl }) => [_id, { _id, nickName, profileUrl }]))
  return [...known.values()].slice(0, MAX_KNOWN)
}
