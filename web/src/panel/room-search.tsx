import type { Message, Room } from '@chat/contract'
import { useState } from 'preact/hooks'
import { current } from '../conversation/conversation-pane.tsx'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { FoundMessage } from '../sidebar/room-row.tsx'
import { Button } from '../ui/button.tsx'
import { LoadError } from '../ui/load-error.tsx'
import { Empty, SearchField, Spinner } from '../ui/small.tsx'
import { usePaged, useSettled } from '../ui/use-pages.ts'
import { shownPanel } from './panel-state.ts'

const SHORTEST = 2

export function RoomSearch({ room }: { room: Room }) {
  const { chat, notices } = useSession()
  const [keyword, setKeyword] = useState('')
  const wanted = useSettled(keyword.trim())
  const found = usePaged<Message>(
    async (cursor) =>
      wanted.length < SHORTEST
        ? { list: [], nextCursor: null }
        : chat.ask('searchMessages', {
            keyword: wanted,
            roomId: room._id,
            limit: 30,
            ...(cursor && { cursor }),
          }),
    [wanted],
  )
  const lead = ({ _id }: Message) => {
    // On a narrow screen the panel covers what was found.
    if (matchMedia('(max-width: 1100px)').matches) shownPanel.value = null
    void notices.attempt(async () => current.value?.goTo(_id))
  }
  const { room: texts, rooms, loadMore } = words.value
  const isNothing = wanted.length >= SHORTEST && found.isEmpty
  return (
    <div class="panel-body">
      <SearchField label={texts.search} value={keyword} onInput={setKeyword} isFocused />
      {isNothing && <Empty icon="search" title={rooms.nothing} hint={rooms.nothingHint} />}
      {found.list.map((message) => (
        <FoundMessage key={message._id} message={message} keyword={wanted} onPick={() => lead(message)} />
      ))}
      {found.error !== null && <LoadError error={found.error} onRetry={found.retry} />}
      {found.isLoading && <Spinner />}
      {found.hasMore && (
        <Button look="quiet" onClick={found.loadMore}>
          {loadMore}
        </Button>
      )}
    </div>
  )
}
