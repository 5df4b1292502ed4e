import type { Message, Room } from '@chat/contract'
import type { Reply } from '../composer/reply.ts'
import { words } from '../i18n/words.ts'
import { isMasterOf } from '../session/room-members.ts'
import type { Session } from '../session/session.ts'
import { confirmFirst, openDialog } from '../ui/dialog.tsx'
import type { MenuItem } from '../ui/menu.tsx'
import { Readers } from './readers.tsx'
import { ReportMessage } from './report-message.tsx'
import { ShareMessage } from './share-message.tsx'

type Context = { session: Session; room: Room; message: Message; reply: Reply }

type Conditions = {
  isMine: boolean
  isMaster: boolean
  isGone: boolean
  isText: boolean
  rules: Room['rules']
}

/** When each action is offered. The server has the last word. */
const isOffered = {
  reply: ({ isGone, rules }: Conditions) => !isGone && !rules.isFreezed,
  copy: ({ isGone, isText, rules }: Conditions) => !isGone && isText && rules.canCopyMessage,
  edit: ({ isGone, isMine, isText, rules }: Conditions) => !isGone && isMine && isText && !rules.isFreezed,
  share: ({ isGone, rules }: Conditions) => !isGone && rules.canShareMessage,
  announce: ({ isGone, isMaster, isText, rules }: Conditions) =>
    !isGone && isMaster && isText && !rules.isFreezed,
  readers: ({ isGone }: Conditions) => !isGone,
  hide: ({ isMaster, isGone }: Conditions) => isMaster && !isGone,
  report: ({ isMine, isGone }: Conditions) => !isMine && !isGone,
  remove: ({ isMine, isMaster, rules }: Conditions) => isMaster || (isMine && rules.canDeleteMessage),
} satisfies Record<string, (conditions: Conditions) => boolean>

export function actionsOn({ session, room, message, reply }: Context): MenuItem[] {
  const { chat, me, toasts } = session
  const { message: texts, dialogs } = words.value
  const one = { roomId: room._id, messageId: message._id }
  const { hidden, deleted } = message.status
  const conditions: Conditions = {
    isMine: message.author.authorId === me._id,
    isMaster: isMasterOf(room, me._id),
    isGone: hidden,
    isText: message.data.type === 'TEXT',
    rules: room.rules,
  }
  const attempt = (task: () => Promise<unknown>, done?: string) => () => void toasts.attempt(task, done)
  const items: Record<keyof typeof isOffered, MenuItem> = {
    reply: { label: texts.reply, icon: 'reply', act: () => reply.answer(message) },
    copy: {
      label: texts.copy,
      icon: 'copy',
      act: attempt(() => navigator.clipboard.writeText(message.data.content.text ?? ''), texts.copied),
    },
    edit: { label: texts.edit, icon: 'pencil', act: () => reply.edit(message) },
    share: { label: texts.share, icon: 'share', act: () => openDialog(<ShareMessage message={message} />) },
    announce: { label: texts.announce, icon: 'pin', act: attempt(() => chat.ask('setAnnouncement', one)) },
    readers: {
      label: texts.readers,
      icon: 'eye',
      act: () => openDialog(<Readers room={room} message={message} />),
    },
    hide: {
      label: texts.hide,
      icon: 'hide',
      act: attempt(() => chat.ask('hideMessage', { ...one, hidden: true })),
    },
    report: { label: texts.report, icon: 'flag', act: () => openDialog(<ReportMessage message={message} />) },
    remove: {
      label: texts.remove,
      icon: 'trash',
      isDanger: true,
      act: () =>
        confirmFirst(
          dialogs.remove,
          texts.remove,
          attempt(() => chat.ask('deleteMessage', one)),
        ),
    },
  }
  if (deleted) return []
  const offered = Object.entries(isOffered).filter(([, isPossible]) => isPossible(conditions))
  const shown = offered.map(([name]) => items[name as keyof typeof isOffered])
  const unhide = attempt(() => chat.ask('hideMessage', { ...one, hidden: false }))
  return hidden && conditions.isMaster ? [{ label: texts.unhide, icon: 'eye', act: unhide }, ...shown] : shown
}
