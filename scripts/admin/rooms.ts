import type { JoinUser, Room } from '@chat/contract'
import { type Asked, type Command, gather, limitOf, moreOf, PAGING, textOf } from './command.ts'
import { fields, table } from './table.ts'

const TITLES = ['room', 'type', 'name', 'members', 'messages', 'last message', 'frozen', 'link']
const rowOf = ({ _id, roomType, name, memberCount, lastSeq, lastMessage, rules, link }: Room) => [
  ...[_id, roomType, name, memberCount, lastSeq, lastMessage?.createdAt],
  ...[rules.isFreezed, link?.sid],
]

export const roomLines = (rooms: Room[]) => table(TITLES, rooms.map(rowOf))

const memberRow = ({ _id, nickName, master, alarmOn, mutedUntil, createdAt }: JoinUser) => [
  _id,
  nickName,
  master,
  alarmOn,
  mutedUntil,
  createdAt,
]

function detailsOf(room: Room): string[] {
  const { _id, name, roomType, link, rules, memberCount, lastSeq, lastMessage, createdAt, updatedAt } = room
  return [
    ...fields([
      ['room', _id],
      ['name', name],
      ['type', roomType],
      ['link', link && `${link.sid} (${link.name})`],
      ['frozen', rules.isFreezed],
      ['members', memberCount],
      ['messages', lastSeq],
      ['last message', lastMessage && `${lastMessage.createdAt} by ${lastMessage.author.authorId}`],
      ['created', createdAt],
      ['changed', updatedAt],
    ]),
    '',
    ...table(
      ['member', 'nickname', 'master', 'alarm', 'muted until', 'since'],
      room.joinUsers.map(memberRow),
    ),
    ...(memberCount > room.joinUsers.length ? [`and ${memberCount - room.joinUsers.length} more`] : []),
  ]
}

async function one({ bus, caller }: Asked, roomId: string) {
  const room = await bus.ask('getRoom', caller, { roomId })
  return { data: room, lines: detailsOf(room) }
}

async function many(asked: Asked) {
  const { bus, caller, values } = asked
  const [userId, linkSid] = [textOf(values.user), textOf(values.link)]
  const filter = { ...(userId !== undefined && { userId }), ...(linkSid !== undefined && { linkSid }) }
  const page = await gather((part) => bus.ask('listRooms', caller, { ...filter, ...part }), {
    limit: limitOf(asked),
    cursor: textOf(values.cursor),
  })
  return { data: page, lines: [...roomLines(page.list), ...moreOf(page)] }
}

export const rooms: Command = {
  usage: '[<roomId>]',
  takes: 'one',
  summary: 'One room and its members, or a list of rooms: of a user, of a link, or all',
  options: {
    user: { type: 'string', value: 'userId', summary: 'only rooms of this user' },
    link: { type: 'string', value: 'sid', summary: 'only rooms of this link' },
    ...PAGING,
  },
  run: async (asked) => {
    const [roomId] = asked.ids
    return roomId === undefined ? many(asked) : one(asked, roomId)
  },
}
