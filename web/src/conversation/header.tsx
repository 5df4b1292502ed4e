import type { Room } from '@chat/contract'
import { useEffect } from 'preact/hooks'
import { shortMoment } from '../i18n/format.ts'
import { words } from '../i18n/words.ts'
import { shownPanel, togglePanel } from '../panel/panel-state.ts'
import { partnerIn } from '../session/room-members.ts'
import { showRoomList } from '../session/route.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { IconButton } from '../ui/button.tsx'

export function Header({ room }: { room: Room }) {
  const { chat, me, presence, toasts } = useSession()
  const partner = partnerIn(room, me._id)
  const status = partner && presence.of(partner._id)
  const { room: texts, rooms, settings, back } = words.value
  useEffect(() => {
    if (partner) presence.watch([partner._id])
  }, [partner?._id])
  const toggleAlarm = () =>
    void toasts.attempt(() => chat.ask('roomAlarmTurnOnOff', { roomId: room._id, alarmOn: !room.alarmOn }))
  return (
    <header class="room-head">
      <IconButton icon="back" label={back} class="only-narrow" onClick={showRoomList} />
      <Avatar
        id={partner?._id ?? room._id}
        name={partner?.nickName ?? room.name}
        size="small"
        online={status?.online === true}
      />
      <div class="room-head-text">
        <h2>{plainName(room.name)}</h2>
        <p>{statusOf(status) ?? rooms.members(room.memberCount)}</p>
      </div>
      <IconButton
        icon={room.alarmOn ? 'bell' : 'mute'}
        label={settings.alarm}
        aria-pressed={room.alarmOn}
        onClick={toggleAlarm}
      />
      <IconButton
        icon="search"
        label={texts.search}
        aria-expanded={shownPanel.value === 'search'}
        onClick={() => togglePanel('search')}
      />
      <IconButton
        icon="info"
        label={texts.details}
        aria-expanded={shownPanel.value !== null && shownPanel.value !== 'search'}
        onClick={() => togglePanel('people')}
      />
    </header>
  )
}

function statusOf(status: { online: boolean; lastSeenAt: string | null } | undefined): string | undefined {
  const { people } = words.value
  if (status?.online) return people.online
  return status?.lastSeenAt ? people.lastSeen(shortMoment(status.lastSeenAt)) : undefined
}
