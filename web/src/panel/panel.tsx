import type { Room } from '@chat/contract'
import { useEffect } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { openRoomId } from '../session/route.ts'
import { useSession } from '../session/session.ts'
import { IconButton } from '../ui/button.tsx'
import { Gallery } from './gallery.tsx'
import { Members } from './members.tsx'
import { shownPanel, type Tab, tabs } from './panel-state.ts'
import { RoomSearch } from './room-search.tsx'
import { RoomSettings } from './room-settings.tsx'

const contents: Record<Tab | 'search', (props: { room: Room }) => preact.JSX.Element> = {
  people: Members,
  gallery: Gallery,
  settings: RoomSettings,
  search: RoomSearch,
}
const titles = (): Record<Tab | 'search', string> => {
  const { people, gallery, settings, panel } = words.value
  return { people: people.title, gallery: gallery.title, settings: settings.title, search: panel.search }
}

const close = () => {
  shownPanel.value = null
}

/** The open room's members, gallery, settings and search. */
export function Panel() {
  const { rooms } = useSession()
  const shown = shownPanel.value
  const room = openRoomId.value === null ? undefined : rooms.get(openRoomId.value)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = (event.target as HTMLElement).closest('input, textarea, dialog, [popover]')
      if (event.key === 'Escape' && !isTyping) close()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  if (!shown || !room) return null
  const Content = contents[shown]
  const names = titles()
  return (
    <aside class="panel" aria-label={names[shown]}>
      <header class="panel-head">
        {shown === 'search' ? <h2>{names.search}</h2> : <Tabs shown={shown} names={names} />}
        <IconButton icon="close" label={words.value.close} onClick={close} />
      </header>
      <Content key={`${room._id} ${shown}`} room={room} />
    </aside>
  )
}

const Tabs = ({ shown, names }: { shown: Tab; names: Record<Tab, string> }) => (
  <div class="tabs">
    {tabs.map((tab) => (
      <button
        key={tab}
        type="button"
        aria-pressed={tab === shown}
        onClick={() => {
          shownPanel.value = tab
        }}
      >
        {names[tab]}
      </button>
    ))}
  </div>
)
