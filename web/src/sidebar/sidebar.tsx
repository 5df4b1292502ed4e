import { useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { openRoomId } from '../session/route.ts'
import { useSession } from '../session/session.ts'
import { IconButton } from '../ui/button.tsx'
import { openDialog } from '../ui/dialog.tsx'
import { Empty, Spinner } from '../ui/placeholder.tsx'
import { SearchField } from '../ui/search-field.tsx'
import { VirtualList } from '../virtual-list/virtual-list.tsx'
import { CreateRoom } from './create-room.tsx'
import { MySettingsButton } from './my-settings.tsx'
import { NotificationOffer } from './notification-offer.tsx'
import { ROOM_ROW_PX, RoomRow } from './room-row.tsx'
import { SearchResults } from './search-results.tsx'

/** The user's rooms, and the search. */
export function Sidebar() {
  const [keyword, setKeyword] = useState('')
  const { rooms } = words.value
  return (
    <nav class="sidebar" aria-label={rooms.title}>
      <header class="sidebar-head">
        <MySettingsButton />
        <h1>{rooms.title}</h1>
        <IconButton icon="pencil" label={rooms.create} onClick={() => openDialog(<CreateRoom />)} />
      </header>
      <div class="sidebar-search">
        <SearchField label={rooms.search} value={keyword} onInput={setKeyword} />
      </div>
      <NotificationOffer />
      {keyword.trim() === '' ? <Rooms /> : <SearchResults keyword={keyword.trim()} />}
    </nav>
  )
}

function Rooms() {
  const { rooms } = useSession()
  const { all, isLoaded } = rooms
  if (all.value.length === 0) {
    if (!isLoaded.value) return <Spinner />
    return <Empty icon="chat" title={words.value.rooms.empty} hint={words.value.rooms.emptyHint} />
  }
  const open = openRoomId.value
  return (
    <VirtualList
      rows={all.value.map((room) => ({ key: room._id, room }))}
      pin="start"
      estimate={ROOM_ROW_PX}
      label={words.value.rooms.list}
      class="room-list"
    >
      {({ room }) => <RoomRow room={room} isOpen={room._id === open} />}
    </VirtualList>
  )
}
