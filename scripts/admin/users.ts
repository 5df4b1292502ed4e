import type { Output, User } from '@chat/contract'
import { type Asked, type Command, gather, limitOf, moreOf, PAGING, textOf, UsageError } from './command.ts'
import { roomLines } from './rooms.ts'
import { fields, table } from './table.ts'

const SHOWN_ROOMS = 100

function detailsOf(
  { user, online, lastSeenAt, issuedFrom, roomCount }: Output<'inspectUser'>,
  devices: Output<'listDevices'>['devices'],
): string[] {
  return fields([
    ['user', user._id],
    ['nickname', user.nickName],
    ['online', online],
    ['last seen', lastSeenAt ?? 'never'],
    ['revoked', issuedFrom && `tokens issued before ${issuedFrom}`],
    ['devices', `${devices.length}${devices.map(({ platform }) => ` ${platform}`).join('')}`],
    ['rooms', roomCount],
    ['known since', user.createdAt],
  ])
}

async function one({ bus, caller }: Asked, userId: string) {
  const [user, { devices }, rooms] = await Promise.all([
    bus.ask('inspectUser', caller, userId),
    bus.ask('listDevices', caller, userId),
    gather((part) => bus.ask('listRooms', caller, { userId, ...part }), { limit: SHOWN_ROOMS }),
  ])
  const more = user.roomCount - rooms.list.length
  return {
    data: { ...user, devices, rooms: rooms.list },
    lines: [
      ...detailsOf(user, devices),
      '',
      ...roomLines(rooms.list),
      ...(more > 0 && rooms.nextCursor !== null ? [`and ${more} more: rooms --user`] : []),
    ],
  }
}

const rowOf = ({ _id, nickName, profileUrl }: User) => [_id, nickName, profileUrl]

async function many(asked: Asked) {
  const { bus, caller, values } = asked
  const keyword = textOf(values.name)
  if (keyword === undefined) throw new UsageError('Name a user, or use --name')
  const page = await gather((part) => bus.ask('searchUsers', caller, { keyword, ...part }), {
    limit: limitOf(asked),
    cursor: textOf(values.cursor),
  })
  return {
    data: page,
    lines: [...table(['user', 'nickname', 'picture'], page.list.map(rowOf)), ...moreOf(page)],
  }
}

export const users: Command = {
  usage: '[<userId>]',
  takes: 'one',
  summary: 'One user with presence, devices, revoked tokens and rooms, or a search by name',
  options: {
    name: { type: 'string', value: 'keyword', summary: 'users whose nickname contains this' },
    ...PAGING,
  },
  run: async (asked) => {
    const [userId] = asked.ids
    return userId === undefined ? many(asked) : one(asked, userId)
  },
}
