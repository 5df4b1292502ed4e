import type { JoinUser, Room } from '@chat/contract'
import { words } from '../i18n/words.ts'
import { isMasterOf, isMuted } from '../session/room-members.ts'
import { type Session, useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { type MenuItem, useMenu } from '../ui/menu.tsx'

type Props = { room: Room; member: JoinUser; isBanned: boolean; onDone: () => void }

export function MemberRow(props: Props) {
  const { room, member } = props
  const session = useSession()
  const { people, you } = words.value
  const name = plainName(member.nickName)
  const menu = useMenu(people.actions(name), () => actionsOn(session, props))
  const isMe = member._id === session.me._id
  const presence = session.presence.of(member._id)
  return (
    <div class="person">
      <Avatar id={member._id} name={member.nickName} size="small" online={presence?.online === true} />
      <span class="person-name">
        {name} {isMe && <small>({you})</small>}
      </span>
      {member.master && (
        <span class="tag">
          <Icon name="crown" size={14} /> {people.master}
        </span>
      )}
      {isMuted(member) && (
        <span class="tag tag-warn">
          <Icon name="mute" size={14} /> {people.muted}
        </span>
      )}
      {!isMe && actionsOn(session, { ...props, room }).length > 0 && (
        <IconButton icon="more" label={people.actions(name)} aria-haspopup="menu" onClick={menu.openBelow} />
      )}
      {menu.menu}
    </div>
  )
}

function actionsOn({ chat, me, toasts }: Session, { room, member, isBanned, onDone }: Props): MenuItem[] {
  const { people } = words.value
  const targets = { roomId: room._id, targetUserIds: [member._id] }
  const attempt = (task: () => Promise<unknown>) => () =>
    void toasts.attempt(task).then((isDone) => isDone && onDone())
  const block: MenuItem = {
    label: people.block,
    icon: 'hide',
    act: attempt(() => chat.ask('blockUser', { userId: member._id })),
  }
  if (!isMasterOf(room, me._id)) return [block]
  if (isBanned)
    return [{ label: people.unban, icon: 'check', act: attempt(() => chat.ask('unbanUsers', targets)) }]
  const mute = (label: string, minutes?: number): MenuItem => ({
    label,
    icon: 'mute',
    act: attempt(() => chat.ask('muteUsers', { ...targets, ...(minutes !== undefined && { minutes }) })),
  })
  const muting = member.mutedUntil
    ? [{ label: people.unmute, icon: 'bell' as const, act: attempt(() => chat.ask('unmuteUsers', targets)) }]
    : [mute(people.mute10, 10), mute(people.mute60, 60), mute(people.muteForGood)]
  return [
    {
      label: member.master ? people.takeMaster : people.makeMaster,
      icon: 'crown',
      act: attempt(() => chat.ask('setMasters', { ...targets, master: !member.master })),
    },
    ...muting,
    block,
    {
      label: people.kick,
      icon: 'exit',
      isDanger: true,
      act: attempt(() => chat.ask('kickOutUsers', targets)),
    },
    {
      label: people.ban,
      icon: 'lock',
      isDanger: true,
      act: attempt(() => chat.ask('kickOutUsers', { ...targets, ban: true })),
    },
  ]
}
