import { setTimeout as delay } from 'node:timers/promises'
import { errors } from '@chat/contract'
import { type Bus, faultOf } from '@chat/service'
import { type DemoRoom, demoRooms, demoUsers } from './demo-rooms.ts'

const TRIES = 5
const PAUSE_MS = 500

/** Makes the demo users and rooms that are not there yet. Right after a start the services may still be starting. */
export async function makeDemoRooms(bus: Bus, tries = TRIES): Promise<void> {
  try {
    for (const { _id, nickName } of demoUsers)
      await bus.ask('saveUser', callerOf(''), { userId: _id, nickName })
    for (const room of demoRooms) await makeDemoRoom(bus, room)
  } catch (error) {
    const fault = faultOf(error)
    if (!fault || !errors[fault.code].retryable || tries <= 1) throw error
    await delay(PAUSE_MS)
    await makeDemoRooms(bus, tries - 1)
  }
}

const callerOf = (userId: string) => ({ userId, requestId: crypto.randomUUID() })
const nickNameOf = (userId: string) => demoUsers.find(({ _id }) => _id === userId)?.nickName ?? userId

async function makeDemoRoom(bus: Bus, room: DemoRoom) {
  const { sid, users, lines } = room
  const [master = ''] = users
  const { list } = await bus.ask('listenRooms', callerOf(master), { linkSid: sid })
  const roomId = list[0]?._id ?? (await createRoom(bus, room))
  if ((list[0]?.lastSeq ?? 0) >= lines.length) return
  for (const [index, [authorId, text]] of lines.entries()) {
    const type = index === 0 ? 'ADMIN' : 'TEXT'
    await bus.ask('postMessage', callerOf(''), {
      roomId,
      syncKey: `demo-${index}`,
      author: { authorId, nickName: nickNameOf(authorId) },
      data: { type, content: { text } },
    })
  }
}

async function createRoom(bus: Bus, { sid, name, users }: DemoRoom): Promise<string> {
  const joinUsers = users.map((_id, index) => ({ _id, nickName: nickNameOf(_id), master: index === 0 }))
  try {
    const room = await bus.ask('createRoomWithMessage', callerOf(''), {
      name,
      roomType: 'GROUP',
      joinUsers,
      link: { sid, name },
      rules: { canInviteMemebrs: true, canLeaveOutRoom: true },
    })
    return room._id
  } catch (error) {
    const fault = faultOf(error)
    if (fault?.code !== 'ROOM_ALREADY_EXISTS') throw error
    return (fault.data as { roomId: string }).roomId
  }
}
