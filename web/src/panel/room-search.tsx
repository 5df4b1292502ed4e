import type { Message, Room } from '@chat/contract'
import { useState } from 'preact/hooks'
import { current } from '../conversation/conversation-pane.tsx'
import { useDesk } from '../desk/desk.ts'
import { FoundMessage } from '../rooms/room-row.tsx'
import { Button } from '../ui/button.tsx'
import { Failed } from '../ui/failed.tsx'
import { usePaged, useSettled } from '../ui/paged.ts'
import { Empty, SearchField, Spinner } from '../ui/small.tsx'
import { words } from '../words/words.ts'
import { shownPanel } from './shown-panel.ts'

const SHORTEST = 2

export function RoomSearch({ room }: { room: Room }) {
  const { chat, notices } = useDesk()
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
      {found.error !== null && <Failed error={found.error} onRetry={found.retry} />}
      {found.isLoading && <Spinner />}
      {found.hasMore && (
        <Button look="quiet" onClick={found.loadMore}>
          {loadMore}
        </Button>
      )}
    </div>
  )
}
