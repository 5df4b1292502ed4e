import type { Room } from '@chat/contract'
import { useEffect } from 'preact/hooks'
import { shortMoment } from '../i18n/format.ts'
import { words } from '../i18n/words.ts'
import { partnerIn } from '../session/room-members.ts'
import { hrefOf } from '../session/route.ts'
import { useSession } from '../session/session.ts'
import { previewOf } from '../text/message-preview.ts'
import { plainName } from '../text/plain-text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Badge } from '../ui/badge.tsx'
import { Icon } from '../ui/icon.tsx'
import { RichText } from '../ui/rich-text.tsx'

export const ROOM_ROW_PX = 68

function Preview({ room }: { room: Room }) {
  const { me } = useSession()
  const last = room.lastMessage
  if (!last) return <>{words.value.rooms.noMessages}</>
  const isMine = last.author.authorId === me._id
  const who = isMine ? words.value.you : plainName(last.author.nickName)
  const isNamed = last.data.type !== 'ADMIN' && room.memberCount !== 2
  return (
    <>
      {isNamed && <span class="room-who">{who}: </span>}
      {previewOf(last)}
    </>
  )
}

type Props = { room: Room; isOpen: boolean; keyword?: string }

export function RoomRow({ room, isOpen, keyword = '' }: Props) {
  const { me, presence } = useSession()
  const partner = partnerIn(room, me._id)
  useEffect(() => {
    if (partner) presence.watch([partner._id])
  }, [partner?._id])
  // A message in the open room is marked as read a moment later.
  const isSeen = isOpen && document.visibilityState === 'visible'
  const { rooms } = words.value
  return (
    <a
      class={`room-row ${isOpen ? 'is-open' : ''}`}
      href={hrefOf(room._id)}
      aria-current={isOpen ? 'page' : undefined}
    >
      <Avatar
        id={partner?._id ?? room._id}
        name={partner?.nickName ?? room.name}
        online={partner !== undefined && presence.of(partner._id)?.online === true}
      />
      <span class="room-text">
        <span class="room-line">
          <strong class="room-name">
            <RichText text={plainName(room.name)} keyword={keyword} />
          </strong>
          {room.memberCount > 2 && <span class="room-count">{room.memberCount}</span>}
          {!room.alarmOn && <Mark icon="mute" label={rooms.alarmOff} />}
          {room.rules.isFreezed && <Mark icon="lock" label={rooms.frozen} />}
          <time>{room.lastMessage && shortMoment(room.lastMessage.createdAt)}</time>
        </span>
        <span class="room-line">
          <span class="room-preview">
            <Preview room={room} />
          </span>
          {room.unReadMentionCount > 0 && (
            <span class="badge badge-mention">
              <span aria-hidden="true">@</span>
              <span class="sr-only">{rooms.mentioned}</span>
            </span>
          )}
          {!isSeen && <Badge count={room.unReadMsgCount} isQuiet={!room.alarmOn} />}
        </span>
      </span>
    </a>
  )
}

const Mark = ({ icon, label }: { icon: 'mute' | 'lock'; label: string }) => (
  <span class="room-mark" title={label}>
    <Icon name={icon} size={14} />
    <span class="sr-only">{label}</span>
  </span>
)
