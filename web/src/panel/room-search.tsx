import type { Message, Room } from '@chat/contract'
import { useState } from 'preact/hooks'
import { currentConversation } from '../conversation/conversation-pane.tsx'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { FoundMessage } from '../sidebar/found-message.tsx'
import { Button } from '../ui/button.tsx'
import { Empty, LoadError, Spinner } from '../ui/placeholder.tsx'
import { SearchField } from '../ui/search-field.tsx'
import { useDebounced, usePages } from '../ui/use-pages.ts'
import { shownPanel } from './panel-state.ts'

const MIN_LENGTH = 2

export function RoomSearch({ room }: { room: Room }) {
  const { chat, toasts } = useSession()
  const [keyword, setKeyword] = useState('')
  const searched = useDebounced(keyword.trim())
  const found = usePages<Message>(
    async (cursor) =>
      searched.length < MIN_LENGTH
        ? { list: [], nextCursor: null }
        : chat.ask('searchMessages', {
            keyword: searched,
            roomId: room._id,
            limit: 30,
            ...(cursor && { cursor }),
          }),
    [searched],
  )
  const goTo = ({ _id }: Message) => {
    // On a narrow screen the panel covers the message.
    if (matchMedia('(max-width: 1100px)').matches) shownPanel.value = null
    void toasts.attempt(async () => currentConversation.value?.goTo(_id))
  }
  const { room: texts, rooms, loadMore } = words.value
  const isNothing = searched.length >= MIN_LENGTH && found.isEmpty
  return (
    <div class="panel-body">
      <SearchField label={texts.search} value={keyword} onInput={setKeyword} isFocused />
      {isNothing && <Empty icon="search" title={rooms.nothing} hint={rooms.nothingHint} />}
      {found.list.map((message) => (
        <FoundMessage key={message._id} message={message} keyword={searched} onPick={() => goTo(message)} />
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
