import type { Message, Room } from '@chat/contract'
import { words } from '../i18n/words.ts'
import { openRoom, openRoomId } from '../session/route.ts'
import { useSession } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Empty, LoadError, Spinner } from '../ui/placeholder.tsx'
import { useDebounced, usePages } from '../ui/use-pages.ts'
import { FoundMessage } from './found-message.tsx'
import { RoomRow } from './room-row.tsx'

const PAGE = 20
const NOTHING = { list: [], nextCursor: null }

/** Finds rooms by name, link and members, and messages by any part of their text. */
export function SearchResults({ keyword }: { keyword: string }) {
  const { chat, rooms: own } = useSession()
  const searched = useDebounced(keyword)
  const rooms = usePages<Room>(
    (cursor) => chat.ask('queryRooms', { keyword: searched, limit: PAGE, ...(cursor && { cursor }) }),
    [searched],
  )
  const messages = usePages<Message>(
    async (cursor) =>
      searched.length < 2
        ? NOTHING
        : chat.ask('searchMessages', { keyword: searched, limit: PAGE, ...(cursor && { cursor }) }),
    [searched],
  )
  const isLoading = rooms.isLoading || messages.isLoading
  const failed = [rooms, messages].find(({ error }) => error !== null)
  return (
    <section class="results scroller" aria-label={words.value.rooms.search}>
      {rooms.isEmpty && messages.isEmpty && (
        <Empty icon="search" title={words.value.rooms.nothing} hint={words.value.rooms.nothingHint} />
      )}
      {rooms.list.length > 0 && <h2>{words.value.rooms.inRooms}</h2>}
      {rooms.list.map((room) => (
        <RoomRow
          key={room._id}
          room={own.get(room._id) ?? room}
          isOpen={room._id === openRoomId.value}
          keyword={searched}
        />
      ))}
      {rooms.hasMore && (
        <Button look="quiet" onClick={rooms.loadMore}>
          {words.value.loadMore}
        </Button>
      )}
      {messages.list.length > 0 && <h2>{words.value.rooms.inMessages}</h2>}
      {messages.list.map((message) => (
        <FoundMessage
          key={message._id}
          message={message}
          keyword={searched}
          roomName={own.get(message.roomId)?.name ?? words.value.somebody}
          onPick={() => openRoom(message.roomId, message._id)}
        />
      ))}
      {messages.hasMore && (
        <Button look="quiet" onClick={messages.loadMore}>
          {words.value.loadMore}
        </Button>
      )}
      {failed && <LoadError error={failed.error} onRetry={failed.retry} />}
      {isLoading && <Spinner />}
    </section>
  )
}
