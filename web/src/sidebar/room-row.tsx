import type { Room } from '@chat/contract'
import { useEffect } from 'preact/hooks'
import { shortMoment } from '../i18n/dates.ts'
import { words } from '../i18n/words.ts'
import { previewOf } from '../session/preview.ts'
import { hrefOf } from '../session/route.ts'
import { useSession } from '../session/session.ts'
import { plainName, plainText } from '../text/plain.ts'
import { cut } from '../text/truncate.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import { RichText } from '../ui/rich-text.tsx'
import { Badge } from '../ui/small.tsx'

export const ROOM_ROW_PX = 68

const isOfTwo = (room: Room) => room.memberCount === 2

/** The other one in a room of two. */
export const partnerIn = (room: Room, me: string) =>
  isOfTwo(room) ? room.joinUsers.find(({ _id }) => _id !== me) : undefined

function Preview({ room }: { room: Room }) {
  const { me } = useSession()
  const last = room.lastMessage
  if (!last) return <>{words.value.rooms.noMessages}</>
  const isMine = last.author.authorId === me._id
  const who = isMine ? words.value.you : plainName(last.author.nickName)
  const isNamed = last.data.type !== 'ADMIN' && !isOfTwo(room)
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
  // What comes in the room that is looked at is read a moment later.
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

/** A message that was found. */
export const FoundMessage = ({
  message,
  keyword,
  roomName,
  onPick,
}: {
  message: NonNullable<Room['lastMessage']>
  keyword: string
  roomName?: string
  onPick: () => void
}) => (
  <button type="button" class="found" onClick={onPick}>
    <span class="room-line">
      <strong class="room-name">{plainName(roomName ?? message.author.nickName)}</strong>
      <time>{shortMoment(message.createdAt)}</time>
    </span>
    <span class="found-text" dir="auto">
      {roomName && <span class="room-who">{plainName(message.author.nickName)}: </span>}
      <RichSnippet text={plainText(message.data.content.text ?? previewOf(message))} keyword={keyword} />
    </span>
  </button>
)

const BEFORE_MATCH = 24
const SNIPPET = 160

/** The part of a long text where the keyword stands. */
function RichSnippet({ text, keyword }: { text: string; keyword: string }) {
  const at = text.toLowerCase().indexOf(keyword.toLowerCase())
  const start = at > BEFORE_MATCH ? at - BEFORE_MATCH : 0
  const piece = `${start > 0 ? '…' : ''}${cut(text.slice(start), SNIPPET)}`.replace(/https?:\/\//g, '')
  return <RichText text={piece.toWellFormed()} keyword={keyword} />
}
